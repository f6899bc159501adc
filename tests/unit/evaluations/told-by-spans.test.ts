import { describe, expect, test } from 'vitest';
import { toldBySpan } from '@/lib/evaluations/rules';
import type { Attributes } from '@/lib/otlp/span';
import { makeSpan } from '@/tests/support/spans';

const told = (...results: Attributes[]) =>
  toldBySpan(
    makeSpan({
      spanId: '00f067aa0ba902b7',
      scope: { name: 'judge', version: '2' },
      events: results.map((attributes) => ({ name: 'gen_ai.evaluation.result', timeNs: '0', attributes })),
    }),
  );
const result = (given: Record<string, string | number | boolean | null>): Attributes =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [`gen_ai.evaluation.${key}`, value]));

describe('toldBySpan', () => {
  test('reads name, score, label and explanation, under an id that is the span’s', () => {
    expect(
      told(
        result({
          name: 'Tone',
          'score.value': 0.25,
          'score.label': 'rude',
          explanation: 'It calls the customer a fool.',
        }),
      ),
    ).toEqual([
      {
        traceId: expect.any(String),
        id: 'span 00f067aa0ba902b7 000001',
        scoreType: 'Tone',
        score: 0.25,
        explanation: 'It calls the customer a fool.',
        metadata: { span_id: '00f067aa0ba902b7', label: 'rude' },
        evaluatorId: 'judge',
      },
    ]);
  });

  test.each([
    ['Groundedness', 'grounding'],
    ['faithfulness', 'grounding'],
    ['helpfulness', 'helpfulness'],
    ['SAFETY', 'safety'],
    ['overall', 'overall'],
    ['constructor', 'constructor'],
  ])('takes %s for %s', (name, scoreType) => {
    expect(told(result({ name, 'score.value': 1 }))).toMatchObject([{ scoreType }]);
  });

  test.each([
    ['pass', 1],
    ['not relevant', 0],
    ['Incorrect', 0],
  ])('takes the label %s for %i where there is no number', (label, score) => {
    expect(told(result({ name: 'x', 'score.label': label }))).toMatchObject([{ score, metadata: { label } }]);
  });

  test.each([
    [{ 'score.value': 0.5 }],
    [{ name: 'stars', 'score.value': 4 }],
    [{ name: 'x', 'score.value': -0.1 }],
    [{ name: 'x', 'score.value': 'NaN' }],
    [{ name: 'x', 'score.label': 'so-so' }],
    [{ name: 'x', 'score.label': 'constructor' }],
    [{ name: 'x' }],
    [{ name: ' ', 'score.value': 1 }],
  ])('leaves out what says no share of anything: %j', (given) => {
    expect(told(result(given))).toEqual([]);
  });

  test('numbers what one span tells in its order', () => {
    const [first, second] = told(
      result({ name: 'overall', 'score.value': 0.1 }),
      result({ name: 'overall', 'score.value': 0.9 }),
    );
    expect((first?.id ?? '') < (second?.id ?? '')).toBe(true);
  });

  test('cuts what is too long for a row', () => {
    const [one] = told(result({ name: 'n'.repeat(500), 'score.value': 1, explanation: 'e'.repeat(20_000) }));
    expect(one?.scoreType).toHaveLength(200);
    expect(one?.explanation).toHaveLength(10_000);
  });
});
