import type { Attributes, AttributeValue, OtlpSpan } from './span';

/** The event by which OpenTelemetry's conventions for generative AI tell what an evaluator found. */
const EVENT = 'gen_ai.evaluation.result';

/** Words that evaluators answer in place of a number, as numbers. The conventions name these; others say nothing. */
const labelScores: Readonly<Record<string, number>> = {
  pass: 1,
  passed: 1,
  correct: 1,
  relevant: 1,
  grounded: 1,
  safe: 1,
  fail: 0,
  failed: 0,
  incorrect: 0,
  not_relevant: 0,
  irrelevant: 0,
  ungrounded: 0,
  unsafe: 0,
};

/** What an evaluator says of the trace that a span belongs to. `score` is from 0 to 1. */
export type ToldEvaluation = {
  name: string;
  score: number;
  label: string | null;
  explanation: string | null;
  /** The model's answer that was judged, by its provider's id. */
  responseId: string | null;
};

/**
 * The evaluations in a span's events, in their order. One without a name, or whose score is neither from 0 to 1 nor a word
 * that is known, is left out: on its own scale it says nothing beside the others, and is shown with its span.
 */
export function evaluationsOf({ events }: Pick<OtlpSpan, 'events'>): ToldEvaluation[] {
  return events.flatMap((event) => {
    if (event.name !== EVENT) return [];
    const read = (key: string) => wordOf(event.attributes[key]);
    const name = read('gen_ai.evaluation.name');
    const label = read('gen_ai.evaluation.score.label');
    const score = scoreOf(event.attributes, label);
    if (name === null || score === null) return [];
    const explanation = read('gen_ai.evaluation.explanation');
    return [{ name, score, label, explanation, responseId: read('gen_ai.response.id') }];
  });
}

function scoreOf(attributes: Attributes, label: string | null): number | null {
  const value = attributes['gen_ai.evaluation.score.value'];
  if (value === undefined || value === null) return label === null ? null : known(label);
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : null;
}

function known(label: string): number | null {
  const word = label
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  return Object.hasOwn(labelScores, word) ? (labelScores[word] ?? null) : null;
}

function wordOf(value: AttributeValue | undefined): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
