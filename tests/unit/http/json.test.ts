import { describe, expect, test } from 'vitest';
import { AppError } from '@/lib/errors';
import { parseJson, readBody } from '@/lib/http/json';
import { toStorable } from '@/lib/text';

const limit = 1000;
const utf8 = (text: string) => new TextEncoder().encode(text);

function post(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
}

/** A body without Content-Length, in pieces. Counts how many were taken and hears whether it was cancelled. */
function stream(pieces: number, size: number) {
  const state = { taken: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.taken === pieces) return controller.close();
        state.taken++;
        controller.enqueue(new Uint8Array(size).fill(0x20));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

describe('readBody', () => {
  test('takes a body of exactly the limit and not a byte more', async () => {
    expect(await readBody(post('x'.repeat(limit)), limit)).toHaveLength(limit);
    await expect(readBody(post('x'.repeat(limit + 1)), limit)).rejects.toMatchObject({
      code: 'payload_too_large',
      status: 413,
      message: expect.stringContaining('1000'),
    });
  });

  test('counts bytes, not characters', async () => {
    expect(await readBody(post('€'.repeat(333)), limit)).toHaveLength(999);
    await expect(readBody(post('€'.repeat(334)), limit)).rejects.toMatchObject({ status: 413 });
  });

  test('refuses by a stated length without reading', async () => {
    const { body, state } = stream(3, 10);
    await expect(readBody(post(body, { 'content-length': '1001' }), limit)).rejects.toMatchObject({
      status: 413,
    });
    expect(state.taken).toBe(0);
  });

  test('believes no stated length that is too small, or no number', async () => {
    for (const length of ['1', '-1', 'x', '0'])
      await expect(
        readBody(post(stream(11, 100).body, { 'content-length': length }), limit),
      ).rejects.toMatchObject({ status: 413 });
  });

  test('stops a body without a length as soon as it is too large', async () => {
    const { body, state } = stream(1_000_000, 100);
    await expect(readBody(post(body), limit)).rejects.toMatchObject({ status: 413 });
    expect(state.taken).toBe(11);
    expect(state.cancelled).toBe(true);
  });

  test('joins the pieces of a body without a length', async () => {
    const bytes = utf8('{"a":"€"}');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(parseJson(await readBody(post(body), limit))).toEqual({ a: '€' });
  });

  test('reads no body as an empty one', async () => {
    expect(await readBody(new Request('http://localhost/', { method: 'POST' }), limit)).toHaveLength(0);
  });
});

/** The one issue of a body that is refused. */
function refusal(body: Uint8Array): string {
  try {
    parseJson(body);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error).toMatchObject({ code: 'invalid_body', status: 422 });
    expect(error.issues).toEqual([{ path: '', message: expect.any(String) }]);
    return error.issues[0]?.message ?? '';
  }
  return 'none';
}

describe('parseJson', () => {
  test('reads what JSON has', () => {
    const value = { a: [1, -0.5, true, null, 'x'], b: {}, '': [] };
    expect(parseJson(utf8(JSON.stringify(value)))).toEqual(value);
    expect(parseJson(utf8(' "x" '))).toBe('x');
    expect(parseJson(utf8('\uFEFF{"a":1}'))).toEqual({ a: 1 }); // some clients begin with a byte order mark
  });

  test.each(['', ' \n'])('calls %j an empty body', (text) => {
    expect(refusal(utf8(text))).toMatch(/empty/);
  });

  test.each(['{', '{"a":1,}', "{'a':1}", '[1,2', 'undefined', '{"a":01}', '"\n"', '{"a":1}{'])(
    'refuses %j',
    (text) => expect(refusal(utf8(text))).toMatch(/expected JSON/),
  );

  test('says where, and quotes nothing of the body', () => {
    expect(refusal(utf8('{"question": "my secret", }'))).toMatch(/position \d+/);
    for (const body of ['{"question": "my secret", }', 'my secret', '"my secret', '{"a": my secret}'])
      expect(refusal(utf8(body))).not.toMatch(/secret/);
  });

  test.each([
    [0xff, 0xfe],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22], // a surrogate in UTF-8
    [0x22, 0xc0, 0x80, 0x22], // NUL the long way
    [0xfe, 0xff, 0x00, 0x22, 0x00, 0x22], // UTF-16
  ])('refuses bytes that are no UTF-8 (%#)', (...bytes) => {
    expect(refusal(Uint8Array.from(bytes))).toBe('expected UTF-8');
  });

  test('refuses a bomb of a million brackets at once', () => {
    const started = process.cpuUsage();
    for (const bomb of [
      '['.repeat(1e6),
      '['.repeat(5e5) + ']'.repeat(5e5),
      `${'{"a":'.repeat(2e5)}1${'}'.repeat(2e5)}`,
    ])
      expect(refusal(utf8(bomb))).not.toBe('none');
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(5_000); // milliseconds; quadratic would be minutes
  });

  test('takes 64 levels and no more', () => {
    const nested = (depth: number) => utf8('['.repeat(depth) + ']'.repeat(depth));
    expect(parseJson(nested(64))).toEqual(expect.any(Array));
    expect(refusal(nested(65))).toMatch(/64/);
  });

  test('drops keys that reach a prototype, at any depth', () => {
    const value = parseJson(
      utf8(
        '{"__proto__":{"polluted":1},"a":[{"b":{"constructor":{"prototype":{"polluted":1}},"c":1}}],"prototype":1}',
      ),
    );
    expect(value).toEqual({ a: [{ b: { c: 1 } }] });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyNames(value)).toEqual(['a']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('drops such keys however they are spelled in JSON', () => {
    const value = parseJson(utf8('{"\\u005f_proto__":{"polluted":1},"a":1}'));
    expect(Object.getOwnPropertyNames(value)).toEqual(['a']);
  });

  test('keeps keys that only look like it', () => {
    const value = parseJson(
      utf8('{"__proto":1,"proto__":2,"Constructor":3,"toString":4,"hasOwnProperty":5}'),
    );
    expect(Object.keys(value as object)).toEqual([
      '__proto',
      'proto__',
      'Constructor',
      'toString',
      'hasOwnProperty',
    ]);
  });

  test('makes texts storable: no NUL, no lone surrogate, in values and keys', () => {
    const value = parseJson(utf8('{"a\\u0000b":"c\\u0000d","\\ud800":["\\udc00x","\\ud83d\\ude00"]}'));
    expect(value).toEqual({ 'a\uFFFDb': 'c\uFFFDd', '\uFFFD': ['\uFFFDx', '😀'] });
  });
});

describe('toStorable', () => {
  test('leaves what can be stored as it is', () => {
    for (const text of ['', 'plain', '日本語', '😀', '\u0001\u001f\u007f', '\ufffe\uffff', 'é\u0301'])
      expect(toStorable(text)).toBe(text);
  });
});
