import { describe, expect, test } from 'vitest';
import { formatDuration, formatScore, plural } from '@/components/data/format';
import { linkify } from '@/components/mail/linkify';
import { listHref, traceHref } from '@/components/traces/list-href';
import { traceFilterSchema } from '@/lib/traces/schema';

describe('listHref', () => {
  test.each([
    {},
    { model: 'gpt-4o mini&x=1#?' },
    { error: 'only' as const, cursor: 'abc_-' },
    { model: 'ä€😀', error: 'none' as const, cursor: 'x' },
    {
      ...{ q: 'a "b c" -d', tag: ['t', 'ä b'], user: 'u', session: 's', project: 'p', light: 'red' as const },
      ...{ max_grounding: 0.5, min_latency_ms: 100, sort: 'latency' as const },
    },
  ])('is read back as %j', (filter) => {
    const { searchParams, pathname } = new URL(listHref('/traces', filter), 'http://x');
    expect(pathname).toBe('/traces');
    const read = [...new Set(searchParams.keys())].map((name) => {
      const values = searchParams.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    });
    expect(traceFilterSchema.parse(Object.fromEntries(read))).toEqual(filter);
  });
});

describe('traceHref', () => {
  test.each(['a', 'a/b', 'a?b#c', '%2F', 'ä 😀', '"<>'])('leads to the trace %j', (id) => {
    const { pathname, search, hash } = new URL(traceHref('/traces', id), 'http://x');
    expect(decodeURIComponent(pathname.slice('/traces/'.length))).toBe(id);
    expect(search + hash).toBe('');
  });
});

describe('linkify', () => {
  const hrefs = (text: string) => linkify(text).flatMap(({ href }) => href ?? []);

  test('finds addresses and leaves what follows them alone', () => {
    expect(hrefs('See https://a.example/x?y=1&z=2. Or (http://b.example/c).')).toEqual([
      'https://a.example/x?y=1&z=2',
      'http://b.example/c',
    ]);
  });

  test('loses nothing of the text', () => {
    for (const text of ['', 'none', 'https://a.example', 'x https://a.example\nhttps://b.example y'])
      expect(
        linkify(text)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
  });

  test('makes links of http addresses only', () => {
    expect(hrefs('javascript:alert(1) data:text/html,x //evil.example mailto:a@b.example')).toEqual([]);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [0.123, '0.1 ms'],
    [840, '840 ms'],
    [999.4, '999 ms'],
    [999.5, '1.00 s'],
    [1280, '1.28 s'],
    [59_994, '59.99 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
  ])('writes %d as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatScore', () => {
  test.each([
    [0, '0.000'],
    [0.91, '0.910'],
    [-0.25, '-0.250'],
    [12.34, '12.3'],
    [0.0001, '1.0e-4'],
    [123_456, '123,456'],
  ])('writes %d as %s', (score, text) => expect(formatScore(score)).toBe(text));
});

describe('plural', () => {
  test('knows one from many', () => {
    expect([plural(0, 'chunk'), plural(1, 'chunk'), plural(1234, 'chunk')]).toEqual([
      '0 chunks',
      '1 chunk',
      '1,234 chunks',
    ]);
  });
});
