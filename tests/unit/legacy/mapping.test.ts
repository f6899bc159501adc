import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { traces } from '@/db/schema/traces';
import {
  Checksum,
  canonical,
  chooseWinners,
  decideEvaluation,
  decideTrace,
  differences,
  type MappedTrace,
  mapEvaluation,
  mapTrace,
} from '@/lib/workflows/legacy-migration/rules';

const clock = { start: new Date('2026-01-10T00:00:00Z'), now: new Date('2026-01-12T00:00:00Z') };
const row = (values: Record<string, string | number | null>, key = '1') => ({ key, values });

function mapped(values: Record<string, string | number | null>): MappedTrace {
  const result = mapTrace(row({ trace_id: 't', ...values }), clock);
  if ('refused' in result) throw new Error(result.refused.reason);
  return result.row;
}

function stored(
  from: MappedTrace,
  given: Partial<typeof traces.$inferSelect> = {},
): typeof traces.$inferSelect {
  const { content, receivedAt, updatedAt, byteSize } = from;
  const later = {
    name: null,
    tags: null,
    tokensCached: null,
    tokensReasoning: null,
    costUsd: null,
    flags: null,
  };
  const whole = { ...content, ...later, spanCount: 0, assembledUntilNs: null, isPosted: true };
  return { ...whole, tenantId: 'a', receivedAt, updatedAt, byteSize, keyId: null, ...given };
}

describe('mapTrace', () => {
  test('fills what an old version does not know with null, and times with the start of the migration', () => {
    const { content, receivedAt } = mapped({});
    expect(content).toMatchObject({ traceId: 't', project: 'default', question: null, chunks: null });
    expect([content.startedAt, receivedAt]).toEqual([clock.start, clock.start]);
  });

  test('carries scores, the light and the people named in the metadata', () => {
    const { content } = mapped({
      grounding_score: 0.5,
      overall_score: '0.25',
      traffic_light: 'Amber',
      trace_metadata: '{"user_id": 7, "session_id": "s"}',
      retrieved_chunks: '["a", "b"]',
      retrieval_scores: '[0.9]',
    });
    expect(content).toMatchObject({
      ...{ groundingScore: 0.5, overallScore: 0.25, safetyScore: null, trafficLight: 'amber' },
      ...{ userId: '7', sessionId: 's' },
      chunks: [{ text: 'a', score: 0.9 }, { text: 'b' }],
    });
  });

  test('was received when the predecessor stored it, and never in the future', () => {
    expect(mapped({ created_at: '2025-01-01 00:00:00' }).receivedAt).toEqual(
      new Date('2025-01-01T00:00:00Z'),
    );
    const odd = mapped({ created_at: '2090-01-01 00:00:00', timestamp: 1735689600 });
    expect(odd.receivedAt).toEqual(new Date('2025-01-01T00:00:00Z'));
  });

  test('says that it was changed before the migrations began', () => {
    const { updatedAt, changedAt } = mapped({
      created_at: '2025-01-01 00:00:00',
      updated_at: '2026-01-11 00:00:00',
    });
    expect(updatedAt.getTime()).toBe(clock.start.getTime() - 1);
    expect(changedAt).toEqual(new Date('2026-01-11T00:00:00Z'));
  });

  test.each([
    [null, 'is missing'],
    ['', 'is missing'],
    ['x'.repeat(201), 'is longer than 200 characters'],
  ])('refuses the trace_id %.10s', (traceId, reason) => {
    expect(mapTrace(row({ trace_id: traceId }), clock)).toMatchObject({
      refused: { field: 'trace_id', reason },
    });
  });
});

describe('mapEvaluation', () => {
  const good = { id: 4, trace_id: 't', score_type: 'grounding', score: 0.5 };

  test('takes the fields, whose id is text', () => {
    expect(mapEvaluation(row({ ...good, eval_metadata: '{"a": NaN}' }), clock)).toMatchObject({
      row: { id: '4', scoreType: 'grounding', score: 0.5, metadata: { a: null }, createdAt: clock.start },
    });
  });

  test.each([
    ['trace_id', null, 'is missing'],
    ['score_type', null, 'is missing'],
    ['score', null, 'is missing'],
    ['score', 'NaN', 'is not a finite number'],
  ])('refuses %s %j', (field, value, reason) => {
    expect(mapEvaluation(row({ ...good, [field]: value }), clock)).toMatchObject({
      refused: { field, reason },
    });
  });

  test('gives one without an id one that is always the same', () => {
    const ids = [1, 2].map((at) => mapEvaluation(row({ ...good, id: null }, String(at)), clock));
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).toMatchObject({ row: { id: expect.stringMatching(/^[0-9a-f]{32}$/) } });
  });
});

describe('decideTrace', () => {
  const before = mapped({ created_at: '2025-01-01 00:00:00', updated_at: '2025-01-02 00:00:00' });
  const after = mapped({
    ...{ created_at: '2025-01-01 00:00:00', updated_at: '2026-01-11 00:00:00' },
    grounding_score: 0.5,
  });

  test('creates what is not there, and leaves what is there already', () => {
    expect(decideTrace(before, undefined, clock)).toBe('create');
    expect(decideTrace(before, stored(before), clock)).toBe('unchanged');
    expect(decideTrace(before, stored(before, { receivedAt: clock.now, keyId: 'k' }), clock)).toBe(
      'unchanged',
    );
  });

  test('updates what it wrote itself and only the source has changed', () => {
    expect(decideTrace(after, stored(before), clock)).toBe('update');
  });

  test.each([
    ['was received by the product', { keyId: 'k' }],
    ['was received at another time', { receivedAt: new Date('2025-01-01T00:00:00.001Z') }],
    ['was changed by the product since', { updatedAt: clock.now }],
  ])('leaves what %s', (_what, given) => {
    expect(decideTrace(after, stored(before, given), clock)).toBe('conflict');
  });

  test('leaves what an older copy of the source has otherwise', () => {
    expect(
      decideTrace(before, stored({ ...after, updatedAt: new Date('2026-01-09T00:00:00Z') }), clock),
    ).toBe('conflict');
  });
});

test('decideEvaluation leaves one that is there', () => {
  const result = mapEvaluation(row({ id: 1, trace_id: 't', score_type: 'x', score: 1 }), clock);
  if ('refused' in result) throw new Error('refused');
  expect(decideEvaluation(result.row, undefined)).toBe('create');
  expect(decideEvaluation(result.row, { ...result.row })).toBe('unchanged');
  expect(decideEvaluation(result.row, { ...result.row, score: 2 })).toBe('conflict');
});

test('chooseWinners keeps the row that was changed last, the later one of two at once', () => {
  const rows = [
    row({ trace_id: 'a', updated_at: '2025-01-02 00:00:00' }, '1'),
    row({ trace_id: 'a', updated_at: '2025-01-01 00:00:00' }, '2'),
    row({ trace_id: 'b', updated_at: null }, '3'),
    row({ trace_id: 'b', updated_at: 'never' }, '4'),
    row({ trace_id: 'b', created_at: null, updated_at: '' }, '5'),
  ];
  expect([...chooseWinners(rows)]).toEqual([
    ['a', '1'],
    ['b', '5'],
  ]);
});

test('differences names the fields in which contents differ', () => {
  expect(differences({ a: 1, b: { x: 1, y: 2 }, c: null }, { a: 2, b: { y: 2, x: 1 } })).toEqual(['a']);
});

describe('the checksum', () => {
  test('does not depend on the order of rows and keys', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (rows) => {
        const [there, back] = [new Checksum(), new Checksum()];
        for (const one of rows) there.add(one);
        for (const one of [...rows].reverse()) back.add(Object.fromEntries(Object.entries(one).reverse()));
        expect(String(there)).toBe(String(back));
      }),
    );
  });

  test('tells a row from none, and from itself twice', () => {
    const sums = [0, 1, 2].map((times) => {
      const sum = new Checksum();
      for (let i = 0; i < times; i++) sum.add({ a: 1 });
      return String(sum);
    });
    expect(new Set(sums).size).toBe(3);
  });

  test('takes what JSON takes', () => {
    expect(canonical({ b: [1, { d: undefined, c: new Date(0) }], a: null })).toBe(
      '{"a":null,"b":[1,{"c":"1970-01-01T00:00:00.000Z"}]}',
    );
  });
});
