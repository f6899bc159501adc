/** An attribute's value as JSON can hold it: what JSON has no number for (NaN, infinity, large integers) is text. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | AttributeValue[]
  | { [key: string]: AttributeValue };

export type Attributes = Record<string, AttributeValue>;

export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const;
export const spanStatuses = ['unset', 'ok', 'error'] as const;

/**
 * What is wrong with a span that is kept all the same.
 * - odd-time: before the year 2000, or more than a day ahead of our clock
 * - negative-duration: it ended before it began
 * - bad-parent: its parent's id is none, so that it stands as a root
 */
export type SpanFlag = 'odd-time' | 'negative-duration' | 'bad-parent';

/** An event within a span. `timeNs` is nanoseconds since 1970, as text. */
export type SpanEvent = { name: string; timeNs: string; attributes: Attributes };

/** Another span that a span points to. */
export type SpanLink = { traceId: string; spanId: string; attributes: Attributes };

/** A span as it was sent, with ids in lower-case hex and times in nanoseconds since 1970. `endNs` is null where none was sent. */
export type OtlpSpan = {
  traceId: string;
  spanId: string;
  parentId: string | null;
  name: string;
  spanKind: (typeof spanKinds)[number];
  startNs: bigint;
  endNs: bigint | null;
  status: (typeof spanStatuses)[number];
  statusMessage: string | null;
  attributes: Attributes;
  events: SpanEvent[];
  links: SpanLink[];
  resource: Attributes;
  scope: { name: string; version: string | null } | null;
  flags: SpanFlag[];
};

/** A span that cannot be kept: where it stood in the request, and why. */
export type Refusal = { path: string; reason: string };

/** The spans of one request, and those of it that cannot be kept. */
export type SpanBatch = { spans: OtlpSpan[]; refused: Refusal[] };
