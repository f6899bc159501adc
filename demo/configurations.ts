import type { Project } from './corpus';

/**
 * How an answer is made. All but `baseline` are bad on purpose, each in one way that somebody who looks at traces should
 * be able to find: too few chunks, chunks of yesterday, an answer that says more than its chunks, a wrong number.
 */
export const configurations = {
  baseline: { k: 5, index: 'current', share: 12 },
  'k-too-small': { k: 1, index: 'current', share: 2 },
  'stale-index': { k: 5, index: 'stale', share: 2 },
  'beyond-chunks': { k: 5, index: 'current', share: 2 },
  'swapped-number': { k: 5, index: 'current', share: 2 },
} as const satisfies Record<string, { k: number; index: 'current' | 'stale'; share: number }>;

export type Configuration = keyof typeof configurations;

/** All of them, in the order in which they are listed. */
export const configurationNames = Object.keys(configurations) as Configuration[];

/** One card for each session out of twenty, dealt without putting back: the shares come out nearly exact. */
export const configurationCards = configurationNames.flatMap((name) =>
  Array.from({ length: configurations[name].share }, () => name),
);

/** What the two indexes are called in the traces: by the month they were built, or by the product's version. */
export const indexVersions: Record<'current' | 'stale', Record<Project, string>> = {
  current: { atlas: '2026-06', 'everyday-science': '2026-06', 'product-docs': '1.0' },
  stale: { atlas: '2018-06', 'everyday-science': '2018-06', 'product-docs': '0.3' },
};

/** A model of the demo: how long until its first token, how long for each further one, both in milliseconds. */
export type Model = { name: string; weight: number; firstTokenMs: number; perTokenMs: number };

export const models: readonly Model[] = [
  { name: 'gpt-4o-mini', weight: 5, firstTokenMs: 420, perTokenMs: 9 },
  { name: 'gpt-4.1', weight: 2, firstTokenMs: 610, perTokenMs: 14 },
  { name: 'claude-sonnet-4', weight: 3, firstTokenMs: 890, perTokenMs: 15 },
  { name: 'mistral-small', weight: 2, firstTokenMs: 330, perTokenMs: 8 },
];

/** How a call to a model fails, with what the client had waited by then. */
export const failures: readonly { weight: number; error: string; latencyMs: readonly [number, number] }[] = [
  { weight: 4, error: 'upstream model returned 529: overloaded', latencyMs: [900, 4_000] },
  { weight: 4, error: 'request to the model timed out after 30000 ms', latencyMs: [30_000, 30_060] },
  { weight: 2, error: 'upstream model returned 429: token rate limit reached', latencyMs: [120, 400] },
  { weight: 1, error: 'stream closed before the first token: socket hang up', latencyMs: [2_000, 9_000] },
];

/** One call in this many fails, and one in this many of the others is slow. */
export const FAILURE_RATE = 1 / 20;
export const SLOW_RATE = 1 / 30;
