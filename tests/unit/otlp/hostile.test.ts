import { describe, expect, test } from 'vitest';
import { parseJson } from '@/lib/http/json';
import { MalformedRequest, readSpans } from '@/lib/otlp/read-spans';
import { openRequest, protobufParts, TooManyFields } from '@/lib/otlp/wire';
import { exportRequest, field, fill, spanField, varint } from '@/tests/support/protobuf';

/** As large as a request may be, but for what is around it. */
const MOST = 20 * 1024 * 1024 - 1_000;
const ids = { traceId: '7'.repeat(32), spanId: '9'.repeat(16) };
const good = spanField({ traceId: '7'.repeat(32), spanId: '8'.repeat(16) });
const int = Buffer.from([0x18, 1]);
const read = (body: Buffer) => readSpans(openRequest(body), new Date(), protobufParts);

describe('a body that is as large as may be, and all of small things', () => {
  const attribute = (key: string, value: Buffer) => field(9, field(1, key), field(2, value));
  test.each<[string, () => Buffer]>([
    ['attributes', () => fill(attribute('k', int), MOST)],
    ['items of a list', () => attribute('k', field(5, fill(field(1, Buffer.from([0x10, 1])), MOST)))],
    ['texts of a list', () => attribute('k', field(5, fill(field(1, field(1, 'a')), MOST)))],
    ['entries of a map', () => attribute('k', field(6, fill(field(1, field(1, 'a'), field(2, int)), MOST)))],
    ['events', () => fill(field(11, field(2, 'a')), MOST)],
    ['empty events', () => fill(field(11), MOST)],
    ['links', () => fill(field(13, field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 1))), MOST)],
    ['fields that nobody knows', () => fill(Buffer.concat([varint(800), Buffer.from([1])]), MOST)],
  ])('is refused as one span of too many %s, before much is made of it', async (_, make) => {
    const { spans, refused } = await read(exportRequest(good, spanField(ids, make())));
    expect(spans.map(({ spanId }) => spanId)).toEqual(['8'.repeat(16)]);
    expect(refused).toEqual([
      {
        path: 'resourceSpans[0].scopeSpans[0].spans[1]',
        reason: 'it holds more fields than a message of its kind has',
      },
    ]);
  });

  test.each<[string, () => Buffer]>([
    ['spans', () => exportRequest(fill(spanField(ids), MOST))],
    ['empty spans', () => exportRequest(fill(field(2), MOST))],
    ['scopes', () => field(1, fill(field(2, field(3, 'a')), MOST))],
    ['resources', () => fill(field(1, field(2, field(3, 'a'))), MOST)],
    ['a resource’s attributes', () => field(1, field(1, fill(field(1, field(1, 'a')), MOST)))],
    ['groups that nobody knows', () => fill(Buffer.concat([varint(803), varint(804)]), MOST)],
  ])('is no request when there are too many %s', async (_, make) => {
    const body = make();
    const failure = await (async () => read(body))().catch((error: unknown) => error);
    expect([MalformedRequest, TooManyFields].some((kind) => failure instanceof kind)).toBe(true);
  });

  test.each([
    ['objects', () => `[${'{},'.repeat(6_900_000)}{}]`],
    ['lists', () => `[${'[],'.repeat(6_900_000)}[]]`],
    ['numbers', () => `[${'1,'.repeat(10_000_000)}1]`],
    ['texts', () => `["\\"${'",",'.repeat(2_000_000)}"]`],
  ])('is refused as JSON of too many %s', (_, make) => {
    expect(() => parseJson(Buffer.from(make()))).toThrow('more than 1000000 values');
  });
});

describe('a body that is large and honest', () => {
  test('may hold 100,000 spans, in JSON’s commas and brackets whatever they stand in', async () => {
    const spans = Array.from({ length: 50_000 }, (_, i) =>
      spanField({ ...ids, spanId: (i + 1).toString(16).padStart(16, '0') }),
    );
    const body = Buffer.concat([exportRequest(...spans), exportRequest(...spans)]);
    expect((await read(body)).spans).toHaveLength(100_000);
    const text = JSON.stringify([',[{"\\'.repeat(2_000_000)]);
    expect(parseJson(Buffer.from(text))).toEqual([',[{"\\'.repeat(2_000_000)]);
  });

  test('may hold embeddings', async () => {
    const vector = fill(field(1, Buffer.concat([Buffer.from([0x21]), Buffer.alloc(8, 1)])), 1_536 * 11);
    const attributes = Array.from({ length: 50 }, (_, i) =>
      field(9, field(1, `embedding.embeddings.${i}.embedding.vector`), field(2, field(5, vector))),
    );
    const { spans } = await read(exportRequest(spanField(ids, ...attributes)));
    expect(spans[0]?.attributes['embedding.embeddings.49.embedding.vector']).toHaveLength(1_536);
  });

  test('may have one key that is as long as it is', async () => {
    const { spans } = await read(
      exportRequest(spanField(ids, field(9, field(1, '.'.repeat(10_000_000)), field(2, int)))),
    );
    expect(Object.keys(spans[0]?.attributes ?? {})).toHaveLength(1);
  });

  test('lets others have their turn', async () => {
    const body = exportRequest(
      ...Array.from({ length: 50_000 }, (_, i) =>
        spanField({ ...ids, spanId: (i + 1).toString(16).padStart(16, '0') }),
      ),
    );
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await read(body);
    isDone = true;
    expect(turns).toBeGreaterThan(1);
  });
});
