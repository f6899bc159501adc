import { Readable } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseJson, readBody } from '@/lib/http/json';

const limit = 1_000;

/** A body as server.ts hands it over, in pieces of a given size; counts what was taken of it. */
function source(body: Uint8Array, encoding: string, piece = body.length) {
  const state = { taken: 0 };
  async function* pieces() {
    for (let at = 0; at < body.length; at += piece) {
      const part = body.subarray(at, at + piece);
      state.taken += part.length;
      yield part;
    }
  }
  const get = (name: string) => (name === 'content-encoding' ? encoding : null);
  return { request: { headers: { get }, body: pieces() }, state };
}

const read = (body: Uint8Array, encoding: string, max = limit, piece?: number) =>
  readBody(source(body, encoding, piece).request, max).then((bytes) => Buffer.from(bytes).toString());

describe('readBody of a compressed body', () => {
  test.each([
    ['gzip', gzipSync('hello')],
    ['GZIP', gzipSync('hello')],
    ['x-gzip', gzipSync('hello')],
    ['deflate', deflateSync('hello')],
    ['identity', Buffer.from('hello')],
    ['', Buffer.from('hello')],
  ])('reads %s', async (encoding, body) => {
    expect(await read(body, encoding)).toBe('hello');
    expect(await read(body, encoding, limit, 1)).toBe('hello');
  });

  test('reads what was sent in several members', async () => {
    expect(await read(Buffer.concat([gzipSync('one '), gzipSync('two')]), 'gzip')).toBe('one two');
  });

  test('reads an empty one', async () => {
    expect(await read(gzipSync(''), 'gzip')).toBe('');
  });

  test('reads a Request as well', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const request = new Request('http://localhost/', { method: 'POST', body: gzipSync('hello'), headers });
    expect(Buffer.from(await readBody(request, limit)).toString()).toBe('hello');
  });

  test('takes what is as large as the limit once inflated, and not a byte more', async () => {
    expect(await read(gzipSync('x'.repeat(limit)), 'gzip')).toHaveLength(limit);
    await expect(read(gzipSync('x'.repeat(limit + 1)), 'gzip')).rejects.toMatchObject({ status: 413 });
  });

  test('inflates no more of a bomb than it may, and takes no more of it in', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000), { level: 1 }); // under a megabyte that says 200
    const before = process.memoryUsage().arrayBuffers;
    const { request, state } = source(bomb, 'gzip', 4_096);
    await expect(readBody(request, 1_000_000)).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(state.taken).toBeLessThan(bomb.length / 2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('holds the limit before it inflates as well', async () => {
    const noise = Buffer.from(Array.from({ length: 3_000 }, (_, i) => (i * 7_919) % 251));
    await expect(read(gzipSync(noise, { level: 0 }), 'gzip')).rejects.toMatchObject({ status: 413 });
  });

  test.each([
    ['bytes that are not gzip', Buffer.from('{"trace_id":"a"}')],
    ['gzip that ends too early', gzipSync('hello'.repeat(50)).subarray(0, 20)],
    [
      'gzip that is damaged',
      Buffer.concat([gzipSync('hello'.repeat(50)).subarray(0, 20), Buffer.alloc(20, 0xff)]),
    ],
    ['deflate', deflateSync('hello')],
  ])('refuses %s', async (_, body) => {
    await expect(read(body, 'gzip')).rejects.toMatchObject({
      code: 'invalid_body',
      issues: [{ path: '', message: expect.stringContaining('compressed') }],
    });
  });

  test.each(['br', 'zstd', 'gzip, gzip', 'gzip;q=1', 'constructor', '__proto__', 'x'.repeat(10_000)])(
    'refuses the encoding %.20s without reading',
    async (encoding) => {
      const { request, state } = source(Buffer.from('x'), encoding);
      await expect(readBody(request, limit)).rejects.toMatchObject({
        code: 'unsupported_media_type',
        status: 415,
      });
      expect(state.taken).toBe(0);
    },
  );
});

describe('readBody of many bodies at once', () => {
  /** Bodies that have sent so many bytes and are not at their end. */
  function begin(owner: string, bytes: number) {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* body() {
      yield new Uint8Array(bytes);
      await ended;
    }
    const request = { headers: { get: () => null }, body: body() };
    return { done: readBody(request, 100_000_000, owner), end };
  }

  test('refuses what would hold too much memory, of one owner and of all, until others are read', async () => {
    const size = 60_000_000;
    const first = begin('a', size);
    const second = begin('b', size);
    await expect(begin('a', size).done).rejects.toMatchObject({
      code: 'unavailable',
      status: 503,
      retryAfter: 2,
    });
    await expect(begin('c', size).done).rejects.toMatchObject({ code: 'unavailable' });
    first.end();
    await first.done;
    const again = begin('c', size);
    second.end();
    again.end();
    expect(await Promise.all([second.done, again.done])).toHaveLength(2);
  });

  test('gives back what a body held that failed', async () => {
    const failing = {
      headers: { get: () => null },
      body: (async function* () {
        yield new Uint8Array(60_000_000);
        throw new Error('the client went away');
      })(),
    };
    for (let i = 0; i < 4; i++)
      await expect(
        readBody(
          { ...failing, body: Readable.from([new Uint8Array(60_000_000), new Uint8Array(60_000_000)]) },
          100_000_000,
          'd',
        ),
      ).rejects.toMatchObject({ status: 413 });
    await expect(readBody(failing, 100_000_000, 'd')).rejects.toThrow('went away');
    const after = begin('d', 60_000_000);
    after.end();
    expect(await after.done).toHaveLength(60_000_000);
  });
});

describe('parseJson of numbers that are none', () => {
  const parse = (text: string) => parseJson(new TextEncoder().encode(text));

  test('reads NaN and Infinity, as Python writes them, as NaN', () => {
    expect(parse('{"a": NaN, "b": [Infinity, -Infinity, 1], "c":NaN}')).toEqual({
      ...{ a: Number.NaN, b: [Number.NaN, Number.NaN, 1], c: Number.NaN },
    });
  });

  test('leaves texts and names alone that look like it', () => {
    expect(parse('{"NaN": "a NaN", "b": "\\"NaN\\\\", "Infinity": [NaN, "-Infinity"]}')).toEqual({
      ...{ NaN: 'a NaN', b: '"NaN\\', Infinity: [Number.NaN, '-Infinity'] },
    });
  });

  test.each([
    '{"a": NaN',
    '{"a": NaNa}',
    '{"a": nan}',
    '{"a": -NaN}',
    '{"a": Infinit}',
    'NaN NaN',
    '{NaN: 1',
  ])('refuses %s', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_body' }));
  });

  test('takes time that grows with the text alone, whatever stands in it', () => {
    for (const text of [
      '"\\"'.repeat(300_000),
      '"'.repeat(900_001),
      `"${'\\"'.repeat(450_000)}`,
      'NaN'.repeat(300_000),
    ]) {
      const began = process.cpuUsage();
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_body' }));
      expect(process.cpuUsage(began).user / 1_000).toBeLessThan(5_000); // quadratic would be minutes
    }
  });
});
