import { createHash } from 'node:crypto';
import { makeBreath } from '@/lib/breath';
import type { AssembledTrace } from '@/lib/otlp/assemble';
import { mapSpan, projectOf } from '@/lib/otlp/map-span';
import type { OtlpSpan } from '@/lib/otlp/span';
import type { TraceInput } from '@/lib/traces/rules';
import type { SpanSummary, WireSpan } from './schema';

/** A span as a row for the database, in JSON by the names of its columns, with what the writing transaction must know of it. */
export type SpanRow = { traceId: string; spanId: string; json: string };

/** Tokens of embeddings and rerankers are shown beside them like those of models. */
export function toSpanRow(span: OtlpSpan): SpanRow {
  const { traceId, spanId, flags } = span;
  const meaning = mapSpan(span);
  // What the client sent, in one order of fields: its digest tells whether a span that comes again is the same.
  const sent = JSON.stringify({
    trace_id: traceId,
    span_id: spanId,
    parent_id: span.parentId,
    name: span.name,
    span_kind: span.spanKind,
    started_ns: String(span.startNs),
    ended_ns: span.endNs === null ? null : String(span.endNs),
    status: span.status,
    status_message: span.statusMessage,
    attributes: span.attributes,
    events: span.events.length > 0 ? span.events : null,
    links: span.links.length > 0 ? span.links : null,
    resource: Object.keys(span.resource).length > 0 ? span.resource : null,
    scope: span.scope,
  });
  const derived = JSON.stringify({
    kind: meaning.kind ?? null,
    project: projectOf(meaning, span.resource),
    model: meaning.model ?? null,
    tokens_in: meaning.tokensIn ?? null,
    tokens_out: meaning.tokensOut ?? null,
    cost_usd: meaning.cost ?? null,
    flags: flags.length > 0 ? flags : null,
    is_telling: Object.keys(meaning).length > 0,
    digest: createHash('sha256').update(sent).digest('base64url'),
    byte_size: Buffer.byteLength(sent),
  });
  return { traceId, spanId, json: `${sent.slice(0, -1)},${derived.slice(1)}` };
}

/**
 * The rows of a request sorted by their ids, so that writers never wait in a circle; of a span that it holds twice, the last.
 * Made with a turn for everything else now and then: a request may hold 20 MiB.
 */
export async function toSpanRows(spans: readonly OtlpSpan[]): Promise<SpanRow[]> {
  const breath = makeBreath();
  const rows: SpanRow[] = [];
  for (const span of lastOfEach(spans)) {
    await breath();
    rows.push(toSpanRow(span));
  }
  return rows;
}

/** Spans sorted by their ids; of those with the same, the last. */
export function lastOfEach(spans: readonly OtlpSpan[]): OtlpSpan[] {
  const byId = new Map(spans.map((span) => [`${span.traceId}${span.spanId}`, span]));
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, span]) => span);
}

/**
 * What is stored of a trace after its spans were assembled. Where they alone tell it, they tell all of it; a trace that a
 * client has also sent whole keeps what they do not tell.
 */
export function toAssembled(
  traceId: string,
  assembled: AssembledTrace,
  stored: TraceInput,
  isPosted: boolean,
): TraceInput {
  const told = { ...assembled, project: assembled.project ?? (isPosted ? stored.project : undefined) };
  const fields = Object.entries(told).filter(([, value]) => value !== undefined);
  return { ...(isPosted ? stored : {}), ...Object.fromEntries(fields), traceId };
}

/** A listed span as the API returns it. */
export function toWireSpan(span: SpanSummary): WireSpan {
  return {
    span_id: span.spanId,
    parent_id: span.parentId,
    name: span.name,
    kind: span.kind,
    offset_ms: span.offsetMs,
    duration_ms: span.durationMs,
    status: span.status,
    status_message: span.statusMessage,
    model: span.model,
    tokens_in: span.tokensIn,
    tokens_out: span.tokensOut,
    cost_usd: span.costUsd,
    flags: span.flags,
  };
}

/** Nanoseconds as milliseconds, to the microsecond. */
export function toMs(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000n) / 1_000;
}
