import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { barOf, scaleOf, toRows, visibleRows } from '@/components/traces/span-rows';
import type { SpanSummary } from '@/lib/spans/schema';

function span(spanId: string, parentId: string | null = null, given: Partial<SpanSummary> = {}): SpanSummary {
  return {
    spanId,
    parentId,
    name: spanId,
    kind: null,
    offsetMs: 0,
    durationMs: 10,
    status: 'ok',
    statusMessage: null,
    model: null,
    tokensIn: null,
    tokensOut: null,
    costUsd: null,
    flags: [],
    ...given,
  };
}

const outline = (spans: SpanSummary[]) =>
  toRows(spans).map((row) => `${row.level}${row.span.spanId}${row.below}`);

describe('toRows', () => {
  test('puts each span below its parent, in the order in which they began', () => {
    expect(outline([span('c', 'b'), span('a'), span('b', 'a'), span('d', 'a'), span('e', 'c')])).toEqual([
      '1a4',
      '2b2',
      '3c1',
      '4e0',
      '2d0',
    ]);
  });

  test('shows as a root what has no parent among them, is its own, or goes round in a circle', () => {
    expect(
      outline([span('a', 'gone'), span('b', 'b'), span('x', 'y'), span('y', 'x'), span('z', 'y')]),
    ).toEqual(['1a0', '1b0', '1x2', '2y1', '3z0']);
  });

  test('shows every span once, whatever their parents are, and knows how many stand below', () => {
    const ids = fc.constantFrom(...'abcdefgh');
    const parents = fc.dictionary(ids, fc.option(ids, { nil: null }));
    fc.assert(
      fc.property(parents, (given) => {
        const spans = Object.entries(given).map(([id, parent]) => span(id, parent));
        const rows = toRows(spans);
        expect(rows.map((row) => row.span.spanId).sort()).toEqual(Object.keys(given).sort());
        const roots = rows.filter((row) => row.level === 1);
        expect(roots.reduce((sum, row) => sum + row.below + 1, 0)).toBe(rows.length);
      }),
    );
  });
});

test('visibleRows leaves out all that is below a folded span', () => {
  const rows = toRows([span('a'), span('b', 'a'), span('c', 'b'), span('d', 'a'), span('e')]);
  const seen = (...folded: string[]) => visibleRows(rows, new Set(folded)).map((row) => row.span.spanId);
  expect(seen()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(seen('b')).toEqual(['a', 'b', 'd', 'e']);
  expect(seen('a', 'b')).toEqual(['a', 'e']);
});

describe('bars', () => {
  test('stand where spans were, within the trace', () => {
    const spans = [span('a', null, { durationMs: 100 }), span('b', 'a', { offsetMs: 25, durationMs: 50 })];
    expect(spans.map((one) => barOf(one, scaleOf(spans)))).toEqual([
      { left: 0, width: 100 },
      { left: 25, width: 50 },
    ]);
  });

  test('are not flattened by a span of an odd time, which stands at the edge', () => {
    const odd = span('odd', null, { flags: ['odd-time'] });
    const spans = [
      odd,
      span('a', null, { offsetMs: 5e11, durationMs: 100 }),
      span('b', 'a', { offsetMs: 5e11 + 50, durationMs: 50 }),
    ];
    const scale = scaleOf(spans);
    expect(barOf(spans[2] as SpanSummary, scale)).toEqual({ left: 50, width: 50 });
    expect(barOf(odd, scale).left).toBe(0);
  });

  test('never leave the track, and can always be seen', () => {
    const times = fc.record({
      offsetMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
      durationMs: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(times, { minLength: 1 }), (all) => {
        const spans = all.map((one, i) => span(String(i), null, one));
        for (const one of spans) {
          const { left, width } = barOf(one, scaleOf(spans));
          expect(left).toBeGreaterThanOrEqual(0);
          expect(width).toBeGreaterThan(0);
          expect(left + width).toBeLessThanOrEqual(100.0001);
        }
      }),
    );
  });
});
