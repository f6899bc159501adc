import { makeBreath } from '@/lib/breath';
import type { Attributes, OtlpSpan, Refusal, SpanBatch, SpanEvent, SpanFlag, SpanLink } from './span';
import { spanKinds, spanStatuses } from './span';
import {
  isMessage,
  isNoId,
  type Message,
  readAttributes,
  readEnum,
  readId,
  readNanos,
  readText,
} from './values';
import { jsonParts, type Opener, TooManyFields } from './wire';

/** Spans of one request that are kept; a client sends 512 at a time as a rule. */
export const MAX_SPANS_PER_REQUEST = 100_000;
const MAX_NAME = 1_000;
const MAX_STATUS_MESSAGE = 10_000;
/** The year 2000, in nanoseconds since 1970: nothing that we are told of happened before. */
const YEAR_2000_NS = 946_684_800_000_000_000n;
const DAY_NS = 86_400_000_000_000n;

/** Groups of spans by scope, in one request. */
const MAX_SCOPES = 20_000;

/** A request whose shape, above its single spans, is not that of the protocol. */
export class MalformedRequest extends Error {}

/**
 * The spans of an `ExportTraceServiceRequest`, whose parts are opened one by one (lib/otlp/wire.ts), with a turn for
 * everything else in between. A span that cannot be kept is refused alone. `now` is our clock, by which times are judged.
 * Throws MalformedRequest, which names the place, when what holds the spans is no list of messages or holds too many.
 */
export async function readSpans(request: unknown, now: Date, open: Opener = jsonParts): Promise<SpanBatch> {
  if (!isMessage(request)) throw new MalformedRequest('expected an object with resourceSpans');
  const batch: SpanBatch = { spans: [], refused: [] };
  const breath = makeBreath();
  let scopes = 0;
  const latest = BigInt(now.getTime()) * 1_000_000n + DAY_NS;
  for (const [group, path] of listOf(request, 'resourceSpans', '', open.resourceSpans)) {
    const resource = isMessage(group.resource) ? readAttributes(group.resource.attributes) : {};
    for (const [scoped, scopedPath] of listOf(group, 'scopeSpans', path, open.scopeSpans)) {
      scopes += 1;
      if (scopes > MAX_SCOPES) throw new MalformedRequest(`${path}: expected at most ${MAX_SCOPES} scopes`);
      await breath();
      const scope = readScope(scoped.scope);
      for (const [index, span] of itemsOf(scoped, 'spans', scopedPath).entries()) {
        const at = `${scopedPath}.spans[${index}]`;
        if (batch.spans.length + batch.refused.length >= MAX_SPANS_PER_REQUEST)
          throw new MalformedRequest(`${at}: expected at most ${MAX_SPANS_PER_REQUEST} spans in one request`);
        await breath();
        const read = readSpan(openAt(at, open.span, span), { resource, scope, latest });
        if (typeof read === 'string') batch.refused.push({ path: at, reason: read } satisfies Refusal);
        else batch.spans.push(read);
      }
    }
  }
  return batch;
}

function itemsOf(message: Message, field: string, path: string): unknown[] {
  const list = message[field];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new MalformedRequest(`${join(path, field)}: expected a list`);
  return list;
}

function* listOf(
  message: Message,
  field: string,
  path: string,
  open: Opener[keyof Opener],
): Generator<[Message, string]> {
  for (const [index, raw] of itemsOf(message, field, path).entries()) {
    const at = `${join(path, field)}[${index}]`;
    const item = openAt(at, open, raw);
    if (item instanceof TooManyFields) throw new MalformedRequest(`${at}: ${item.message}`);
    if (!isMessage(item)) throw new MalformedRequest(`${at}: expected an object`);
    yield [item, at];
  }
}

/** A part, opened; TooManyFields where it holds more than it may. */
function openAt(at: string, open: Opener[keyof Opener], raw: unknown): unknown {
  try {
    return open(raw);
  } catch (error) {
    if (error instanceof TooManyFields) return error;
    throw new MalformedRequest(`${at}: it ends too early or is something else`);
  }
}

const join = (path: string, field: string) => (path === '' ? field : `${path}.${field}`);

function readScope(scope: unknown): OtlpSpan['scope'] {
  if (!isMessage(scope)) return null;
  const name = readText(scope.name, MAX_NAME);
  return name === '' ? null : { name, version: readText(scope.version, MAX_NAME) || null };
}

type Around = { resource: Attributes; scope: OtlpSpan['scope']; latest: bigint };

/** One span, or why it cannot be kept. */
function readSpan(span: unknown, { resource, scope, latest }: Around): OtlpSpan | string {
  if (span instanceof TooManyFields) return `it holds ${span.message}`;
  if (!isMessage(span)) return 'expected an object';
  const traceId = readId(span.traceId, 16);
  if (!traceId) return 'traceId: expected 16 bytes, not all zero (in JSON as 32 hex digits)';
  const spanId = readId(span.spanId, 8);
  if (!spanId) return 'spanId: expected 8 bytes, not all zero (in JSON as 16 hex digits)';
  const startNs = readNanos(span.startTimeUnixNano);
  if (startNs === null) return 'startTimeUnixNano: expected nanoseconds since 1970';
  const endNs = readNanos(span.endTimeUnixNano);
  if (endNs === null) return 'endTimeUnixNano: expected nanoseconds since 1970';

  const parentId = isNoId(span.parentSpanId) ? null : readId(span.parentSpanId, 8);
  const flags: SpanFlag[] = [];
  const isOdd = (time: bigint) => time < YEAR_2000_NS || time > latest;
  if (isOdd(startNs) || (endNs !== 0n && isOdd(endNs))) flags.push('odd-time');
  if (endNs !== 0n && endNs < startNs) flags.push('negative-duration');
  if (parentId === null && !isNoId(span.parentSpanId)) flags.push('bad-parent');
  const status = isMessage(span.status) ? span.status : {};
  return {
    traceId,
    spanId,
    parentId,
    name: readText(span.name, MAX_NAME),
    spanKind: readEnum(span.kind, { prefix: 'SPAN_KIND_', names: spanKinds, from: 1, fallback: 'internal' }),
    startNs,
    endNs: endNs === 0n ? null : endNs,
    status: readEnum(status.code, {
      prefix: 'STATUS_CODE_',
      names: spanStatuses,
      from: 0,
      fallback: 'unset',
    }),
    statusMessage: readText(status.message, MAX_STATUS_MESSAGE) || null,
    attributes: readAttributes(span.attributes),
    events: readEvents(span.events),
    links: readLinks(span.links),
    resource,
    scope,
    flags,
  };
}

function readEvents(list: unknown): SpanEvent[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isMessage).map((event) => ({
    name: readText(event.name, MAX_NAME),
    timeNs: String(readNanos(event.timeUnixNano) ?? 0n),
    attributes: readAttributes(event.attributes),
  }));
}

function readLinks(list: unknown): SpanLink[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isMessage).flatMap((link) => {
    const [traceId, spanId] = [readId(link.traceId, 16), readId(link.spanId, 8)];
    return traceId && spanId ? [{ traceId, spanId, attributes: readAttributes(link.attributes) }] : [];
  });
}
