import type { AttributeValue } from './span';

/** What a span does in a RAG application, whichever SDK says it. */
export const meaningKinds = [
  'llm',
  'embedding',
  'retriever',
  'reranker',
  'chain',
  'agent',
  'tool',
  'prompt',
  'guardrail',
  'evaluator',
] as const;
export type MeaningKind = (typeof meaningKinds)[number];

/**
 * What a document's number is: `similarity` and `relevance` are better the larger they are, `distance` the smaller it is.
 * A retriever gives similarities or distances, a reranker relevances.
 */
export const scoreKinds = ['similarity', 'distance', 'relevance'] as const;
export type ScoreKind = (typeof scoreKinds)[number];

/** A document that a retriever found or a reranker ordered. */
export type FoundDocument = {
  id?: string;
  text?: string;
  source?: string;
  score?: number;
  scoreKind?: ScoreKind;
  metadata?: Record<string, AttributeValue>;
};

/** A message to a model or from it, its text alone. */
export type ChatMessage = { role: string; text: string };

/** What a span says about the trace it belongs to, out of whatever attributes its SDK has written. */
export type Meaning = {
  kind?: MeaningKind;
  model?: string;
  /** What went in and came out, as a person reads it. */
  input?: string;
  output?: string;
  /** The same as it was sent, where no readable part of it was found. */
  rawInput?: string;
  rawOutput?: string;
  /** The trace's own question and answer, where an SDK states them. */
  question?: string;
  answer?: string;
  /** What a retriever or reranker was asked. */
  query?: string;
  /** The texts that were embedded. */
  embedded?: string[];
  messages?: ChatMessage[];
  /** What the model was told apart from its messages. */
  instructions?: string;
  reply?: string;
  documents?: FoundDocument[];
  rerankInput?: FoundDocument[];
  rerankOutput?: FoundDocument[];
  /** Cached tokens are part of `tokensIn`, reasoning tokens of `tokensOut`. */
  tokensIn?: number;
  tokensOut?: number;
  tokensCached?: number;
  tokensReasoning?: number;
  /** In US dollars. */
  cost?: number;
  /** Why it failed, where an SDK says so beside the span's status. */
  error?: string;
  traceName?: string;
  user?: string;
  session?: string;
  project?: string;
  tags?: string[];
  metadata?: Record<string, AttributeValue>;
};
