import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { traces } from '@/db/schema/traces';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { makeBreath } from '@/lib/breath';
import { assemble } from '@/lib/otlp/assemble';
import type { AssemblySpan } from '@/lib/otlp/assembly-span';
import { mapSpan } from '@/lib/otlp/map-span';
import type { OtlpSpan, Refusal, SpanEvent, SpanFlag } from '@/lib/otlp/span';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';
import { refusalOfNewTraces } from '@/lib/tenancy/quota';
import { applyScores, findStored, lockNewTraces, takeBackDeleted } from '@/lib/traces/mutations';
import { byteSize, DELETED, type TraceInput } from '@/lib/traces/rules';
import { noteChangedHours } from '@/lib/usage/changed-hours';
import { writeDeliveries } from '@/lib/usage/deliveries';
import { writeUsageDeltas } from '@/lib/usage/deltas';
import { noteRefused } from '@/lib/usage/refusals';
import { sumDeltas, type UsageDelta } from '@/lib/usage/sum-deltas';
import { noteWords } from '@/lib/words/mutations';
import { lastOfEach, type SpanRow, toAssembled, toSpanRows } from './rules';
import { MAX_ASSEMBLED_SPANS } from './schema';

/** Rows of one INSERT, and their size: a parameter is in memory several times. */
const ROWS_PER_INSERT = 5_000;
const BYTES_PER_INSERT = 8_000_000;
/** Attributes that a trace is assembled from at the most, in bytes of JSON. */
const MAX_ASSEMBLED_BYTES = 8_000_000;

/**
 * What became of spans: first stored now; stored before and come again with another content; come again as they were;
 * refused, and why. `traces` are those first heard of now.
 */
export type SpanReceipt = {
  stored: number;
  updated: number;
  unchanged: number;
  refused: readonly Refusal[];
  traces: number;
};

/**
 * What is written of spans beside them, in their transaction and under the lock of their traces, by who knows more than this
 * domain does. `spans` are those of traces in which something has changed, each once; `rewritten` are the traces in which
 * one came again with another content.
 */
export type AlsoWrite = (
  db: Db,
  told: { spans: readonly OtlpSpan[]; rewritten: ReadonlySet<string> },
) => Promise<void>;

/**
 * Stores spans and assembles the traces they belong to anew, with the usage they add and their line in the delivery ledger,
 * which counts traces, in one transaction: when this returns, they are committed. In whatever order and portions the spans of
 * a trace come, the trace is the same in the end, and is billed once; one that was deleted in the last two days is refused,
 * as is each that is new once the quota is used up.
 * Requests that write the same trace wait for one another. `unreadable` are spans of the same request that could not be
 * read: the ledger counts each as one that was refused. What `alsoWrite` throws undoes all of it. Throws AppError `forbidden`.
 */
export async function ingestSpans(
  ctx: TenantContext,
  sent: readonly OtlpSpan[],
  unreadable: readonly Refusal[] = [],
  alsoWrite?: AlsoWrite,
): Promise<SpanReceipt> {
  authorize(ctx, 'traces:write');
  for (const { path, reason } of unreadable)
    noteRefused(ctx, { code: 'invalid_input', issues: [{ path, message: reason }] });
  const rows = await toSpanRows(sent);
  const ids = [...new Set(rows.map((row) => row.traceId))];
  if (ids.length === 0) return { stored: 0, updated: 0, unchanged: 0, refused: [], traces: 0 };
  return withTenant(ctx, async (db) => {
    const { locked, refusals } = await lockTraces(db, ctx, ids);
    const kept = refusals.size === 0 ? rows : rows.filter(({ traceId }) => !refusals.has(traceId));
    const written = await writeSpans(db, ctx, kept);
    const touched = [...locked.values()].filter(({ traceId }) => written.has(traceId));
    const isPast = (trace: LockedTrace) => isPastAssembly(trace, written.get(trace.traceId));
    const changing = touched.filter((trace) => !isPast(trace));
    const changes = [
      ...(await assembleTraces(db, ctx, changing, written)),
      ...(await countSpans(db, ctx, touched.filter(isPast), written)),
    ];
    await alsoWrite?.(db, {
      spans: lastOfEach(sent).filter(({ traceId }) => written.has(traceId)),
      rewritten: new Set([...written].filter(([, { updated }]) => updated > 0).map(([traceId]) => traceId)),
    });
    await writeUsageDeltas(db, ctx, sumDeltas(changes.map((change) => change.delta)));
    await noteChangedHours(
      db,
      ctx,
      changes.map((change) => change.receivedAt),
    );
    await noteWords(
      db,
      ctx.tenant.id,
      changing.map(({ traceId }) => traceId),
    );
    const counts = [...written.values()];
    const stored = counts.reduce((sum, one) => sum + one.inserted, 0);
    const updated = counts.reduce((sum, one) => sum + one.updated, 0);
    const created = touched.filter((trace) => trace.isNew).length;
    await enterDeliveries(db, ctx, { received: ids.length, stored: created, refusals });
    const refused = sent.flatMap(({ traceId, spanId }) => {
      const refusal = refusals.get(traceId);
      return refusal ? [{ path: `span ${spanId}`, reason: refusal.reason }] : [];
    });
    return { stored, updated, unchanged: kept.length - stored - updated, refused, traces: created };
  });
}

/** A key's line in the ledger: traces that were new, those that were known, and those that were refused. */
async function enterDeliveries(
  db: Db,
  { tenant, actor, requestId }: TenantContext,
  { received, stored, refusals }: { received: number; stored: number; refusals: TraceRefusals },
): Promise<void> {
  if (actor.kind !== 'api-key') return;
  const { keyId } = actor;
  const refused = refusals.size;
  const reasons = [...refusals].map(([traceId, { code, reason }]) => ({
    ...{ traceId, keyId, requestId, at: new Date(), code },
    issues: [{ path: 'traceId', message: reason }],
  }));
  const counts = new Map([[keyId, { received, stored, updated: received - stored - refused, refused }]]);
  await writeDeliveries(db, tenant.id, counts, reasons);
}

type StoredTrace = typeof traces.$inferSelect;
type LockedTrace = StoredTrace & { isNew: boolean };
/** Traces that are not taken, by id, and why. */
type TraceRefusals = ReadonlyMap<string, { code: 'conflict' | 'limit_exceeded'; reason: string }>;

/**
 * Makes the traces that are not there yet, and locks all of them, in the order of their ids. Those that were deleted less than
 * two days ago are not made, and none is when the quota is used up.
 */
async function lockTraces(
  db: Db,
  ctx: TenantContext,
  ids: readonly string[],
): Promise<{ locked: Map<string, LockedTrace>; refusals: TraceRefusals }> {
  const created = new Set<string>();
  const refusals = new Map<string, { code: 'conflict' | 'limit_exceeded'; reason: string }>();
  const locked = new Map<string, LockedTrace>();
  const isOpen = (id: string) => !locked.has(id) && !refusals.has(id);
  await lockNewTraces(db, ctx.tenant.id, 'make');
  const reason = ctx.actor.kind === 'system' ? null : refusalOfNewTraces(ctx.tenant.id);
  if (reason !== null) {
    const stored = await findStored(db, ctx.tenant.id, ids);
    for (const id of ids) if (!stored.has(id)) refusals.set(id, { code: 'limit_exceeded', reason });
  }
  // What is deleted between the two statements comes here once more, and is seen to be deleted.
  for (let missing = ids.filter(isOpen); missing.length > 0; missing = ids.filter(isOpen)) {
    const inserted = new Set(await insertEmpty(db, ctx, missing));
    for (const id of await takeBackDeleted(db, ctx.tenant.id, inserted))
      refusals.set(id, { code: 'conflict', reason: DELETED });
    for (const id of inserted) created.add(id);
    const rows = await db
      .select()
      .from(traces)
      .where(sql`${traces.tenantId} = ${ctx.tenant.id} and ${traces.traceId} = any(${sqlArray(missing)})`)
      .orderBy(traces.traceId)
      .for('update');
    for (const row of rows) locked.set(row.traceId, { ...row, isNew: created.has(row.traceId) });
  }
  await applyScores(db, ctx.tenant.id, [...created]);
  return { locked, refusals };
}

/** Inserts traces that nothing is known of yet; answers the ids of those that were not there. */
async function insertEmpty(db: Db, ctx: TenantContext, ids: readonly string[]): Promise<string[]> {
  const keyId = keyIdOf(ctx);
  const rows = await db.execute<{ trace_id: string }>(sql`
    insert into traces (tenant_id, trace_id, is_posted, byte_size, key_id)
    select ${ctx.tenant.id}::uuid, id, false, 0, ${keyId}::uuid from unnest(${sqlArray(ids)}) id
    on conflict do nothing returning trace_id`);
  return rows.map((row) => row.trace_id);
}

/** What the writing of spans did to one trace. `bytes` is by how much they have grown, `firstNs` when the first of them began. */
type Written = { inserted: number; updated: number; bytes: number; firstNs: bigint };

/** Writes spans, under the lock of their traces; answers by trace what changed, without those in which nothing did. */
async function writeSpans(
  db: Db,
  ctx: TenantContext,
  rows: readonly SpanRow[],
): Promise<Map<string, Written>> {
  const keyId = keyIdOf(ctx);
  const written = new Map<string, Written>();
  for (const portion of portions(rows)) {
    const json = `[${portion.map((row) => row.json).join(',')}]`;
    const found = await db.execute<{
      trace_id: string;
      inserted: number;
      updated: number;
      bytes: number;
      first_ns: string;
    }>(sql`
      with sent as materialized (select * from json_populate_recordset(null::spans, ${json}::json)),
      before as (
        select s.trace_id, s.span_id, s.byte_size from sent n join spans s
          on s.tenant_id = ${ctx.tenant.id}::uuid and s.trace_id = n.trace_id and s.span_id = n.span_id
      ),
      written as (
        insert into spans as old (tenant_id, trace_id, span_id, parent_id, name, kind, span_kind, started_ns, ended_ns,
          status, status_message, project, model, tokens_in, tokens_out, cost_usd, attributes, events, links, resource,
          scope, flags, is_telling, digest, byte_size, key_id)
        select ${ctx.tenant.id}::uuid, trace_id, span_id, parent_id, name, kind, span_kind, started_ns, ended_ns,
          status, status_message, project, model, tokens_in, tokens_out, cost_usd, attributes, events, links, resource,
          scope, flags, is_telling, digest, byte_size, ${keyId}::uuid
        from sent
        on conflict (tenant_id, trace_id, span_id) do update set
          (parent_id, name, kind, span_kind, started_ns, ended_ns, status, status_message, project, model, tokens_in,
            tokens_out, cost_usd, attributes, events, links, resource, scope, flags, is_telling, digest, byte_size,
            rewrites, updated_at) =
          (excluded.parent_id, excluded.name, excluded.kind, excluded.span_kind, excluded.started_ns, excluded.ended_ns,
            excluded.status, excluded.status_message, excluded.project, excluded.model, excluded.tokens_in,
            excluded.tokens_out, excluded.cost_usd, excluded.attributes, excluded.events, excluded.links,
            excluded.resource, excluded.scope, excluded.flags, excluded.is_telling, excluded.digest, excluded.byte_size,
            old.rewrites + 1, now())
        where old.digest <> excluded.digest
        returning trace_id, span_id, byte_size, started_ns
      )
      select w.trace_id, count(*) filter (where b.span_id is null)::int as inserted, count(b.span_id)::int as updated,
        sum(w.byte_size - coalesce(b.byte_size, 0))::int as bytes, min(w.started_ns)::text as first_ns
      from written w left join before b on b.trace_id = w.trace_id and b.span_id = w.span_id group by 1`);
    for (const { trace_id: traceId, inserted, updated, bytes, first_ns } of found) {
      const firstNs = BigInt(first_ns);
      const sum = written.get(traceId) ?? { inserted: 0, updated: 0, bytes: 0, firstNs };
      written.set(traceId, {
        inserted: sum.inserted + inserted,
        updated: sum.updated + updated,
        bytes: sum.bytes + bytes,
        firstNs: firstNs < sum.firstNs ? firstNs : sum.firstNs,
      });
    }
  }
  return written;
}

function* portions(rows: readonly SpanRow[]): Generator<SpanRow[]> {
  let portion: SpanRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (
      portion.length >= ROWS_PER_INSERT ||
      (portion.length > 0 && bytes + row.json.length > BYTES_PER_INSERT)
    ) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(row);
    bytes += row.json.length;
  }
  if (portion.length > 0) yield portion;
}

/**
 * Whether new spans of a trace all began after those that it is assembled from: then it is what it was. Without this each
 * request that adds to a trace of 100,000 spans would read all of them.
 */
function isPastAssembly({ assembledUntilNs }: LockedTrace, written: Written | undefined): boolean {
  if (assembledUntilNs === null || written === undefined) return false;
  return written.updated === 0 && written.firstNs > assembledUntilNs;
}

/** Counts spans that change nothing else of their traces. */
async function countSpans(
  db: Db,
  ctx: TenantContext,
  past: readonly LockedTrace[],
  written: ReadonlyMap<string, Written>,
): Promise<Change[]> {
  if (past.length === 0) return [];
  const added = past.map(({ traceId }) => ({
    trace_id: traceId,
    spans: written.get(traceId)?.inserted ?? 0,
  }));
  await db.execute(sql`
    update traces t set (span_count, updated_at) = (t.span_count + n.spans, now())
    from json_to_recordset(${JSON.stringify(added)}::text::json) as n(trace_id text, spans int)
    where t.tenant_id = ${ctx.tenant.id}::uuid and t.trace_id = n.trace_id`);
  return past.map(({ traceId, project, receivedAt }) => {
    const storageBytes = written.get(traceId)?.bytes ?? 0;
    return { receivedAt, delta: { project, traceCount: 0, tokensIn: 0, tokensOut: 0, storageBytes } };
  });
}

/** What assembling a trace changed: the usage, and the hour that it counts in. */
type Change = { delta: UsageDelta; receivedAt: Date };

/** Assembles traces anew from all of their spans, under their lock, and writes what came of it. */
async function assembleTraces(
  db: Db,
  ctx: TenantContext,
  touched: readonly LockedTrace[],
  written: ReadonlyMap<string, Written>,
): Promise<Change[]> {
  if (touched.length === 0) return [];
  const stored = await readSpans(
    db,
    ctx,
    touched.map((trace) => trace.traceId),
  );
  const rows: object[] = [];
  const changes = touched.map((trace): Change => {
    const { spans, total } = stored.get(trace.traceId) ?? { spans: [], total: 0 };
    const assembled = assemble(spans);
    if (total > spans.length) assembled.flags = [...(assembled.flags ?? []), 'too-many-spans'];
    const whole = toAssembled(trace.traceId, assembled, toInput(trace), trace.isPosted);
    const size = byteSize(whole);
    const untilNs = total > spans.length ? (spans.at(-1)?.startNs ?? null) : null;
    rows.push(toRow(whole, trace, { size, total, untilNs }));
    const tokens = (side: 'tokensIn' | 'tokensOut') => (whole[side] ?? 0) - (trace[side] ?? 0);
    return {
      receivedAt: trace.receivedAt,
      delta: {
        project: whole.project ?? trace.project,
        traceCount: trace.isNew ? 1 : 0,
        tokensIn: tokens('tokensIn'),
        tokensOut: tokens('tokensOut'),
        storageBytes: size - trace.byteSize + (written.get(trace.traceId)?.bytes ?? 0),
      },
    };
  });
  await db.execute(sql`
    update traces t set (started_at, project, question, answer, model, latency_ms, tokens_in, tokens_out, error, user_id,
        session_id, chunks, prompts, metadata, name, tags, tokens_cached, tokens_reasoning, cost_usd, flags, span_count,
        assembled_until_ns, byte_size, updated_at) =
      (n.started_at, n.project, n.question, n.answer, n.model, n.latency_ms, n.tokens_in, n.tokens_out, n.error, n.user_id,
        n.session_id, n.chunks, n.prompts, n.metadata, n.name, n.tags, n.tokens_cached, n.tokens_reasoning, n.cost_usd,
        n.flags, n.span_count, n.assembled_until_ns, n.byte_size, now())
    from json_populate_recordset(null::traces, ${JSON.stringify(rows)}::json) n
    where t.tenant_id = ${ctx.tenant.id}::uuid and t.trace_id = n.trace_id`);
  return changes;
}

/** A trace as a row, by the names of its columns. */
function toRow(
  trace: TraceInput,
  stored: StoredTrace,
  { size, total, untilNs }: { size: number; total: number; untilNs: bigint | null },
): object {
  return {
    trace_id: trace.traceId,
    started_at: trace.startedAt ?? stored.startedAt,
    project: trace.project ?? 'default',
    question: trace.question,
    answer: trace.answer,
    model: trace.model,
    latency_ms: trace.latencyMs,
    tokens_in: trace.tokensIn,
    tokens_out: trace.tokensOut,
    error: trace.error,
    user_id: trace.userId,
    session_id: trace.sessionId,
    chunks: trace.chunks,
    prompts: trace.prompts,
    metadata: trace.metadata,
    name: trace.name,
    tags: trace.tags,
    tokens_cached: trace.tokensCached,
    tokens_reasoning: trace.tokensReasoning,
    cost_usd: trace.costUsd,
    flags: trace.flags,
    span_count: total,
    assembled_until_ns: untilNs === null ? null : String(untilNs),
    byte_size: size,
  };
}

/** The part of a stored trace that its spans or its client tell. */
function toInput(row: StoredTrace): TraceInput {
  const { traceId, startedAt, project, question, answer, model, latencyMs, tokensIn, tokensOut, error } = row;
  const {
    userId,
    sessionId,
    chunks,
    prompts,
    metadata,
    name,
    tags,
    tokensCached,
    tokensReasoning,
    costUsd,
    flags,
  } = row;
  const fields = {
    ...{ traceId, startedAt, project, question, answer, model, latencyMs, tokensIn, tokensOut, error },
    ...{
      userId,
      sessionId,
      chunks,
      prompts,
      metadata,
      name,
      tags,
      tokensCached,
      tokensReasoning,
      costUsd,
      flags,
    },
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value ?? undefined]),
  ) as TraceInput;
}

type SpanPlace = {
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  started_ns: string;
  ended_ns: string | null;
  status: 'unset' | 'ok' | 'error';
  status_message: string | null;
  project: string | null;
  flags: SpanFlag[] | null;
  is_telling: boolean;
  byte_size: number;
};
type SpanContent = {
  trace_id: string;
  span_id: string;
  attributes: AssemblyAttributes;
  events: SpanEvent[] | null;
  resource: AssemblyAttributes | null;
};
type AssemblyAttributes = OtlpSpan['attributes'];

/**
 * The spans of traces, of each the first that it is assembled from, and how many there are. What they carry is read only of
 * those that tell something, within a bound.
 */
async function readSpans(
  db: Db,
  ctx: TenantContext,
  traceIds: readonly string[],
): Promise<Map<string, { spans: AssemblySpan[]; total: number }>> {
  const places = await db.execute<SpanPlace>(sql`
    select s.trace_id, s.span_id, s.parent_id, s.name, s.started_ns::text, s.ended_ns::text, s.status, s.status_message,
      s.project, s.flags, s.is_telling, s.byte_size
    from unnest(${sqlArray(traceIds)}) id cross join lateral (
      select * from spans where tenant_id = ${ctx.tenant.id}::uuid and trace_id = id
      order by started_ns, ended_ns, span_id limit ${MAX_ASSEMBLED_SPANS}
    ) s`);
  const totals = await countAll(db, ctx, places);
  const content = await readContents(db, ctx, withinBound(places));
  const result = new Map(
    [...totals].map(([traceId, total]) => [traceId, { spans: [] as AssemblySpan[], total }]),
  );
  const breath = makeBreath();
  for (const place of places) {
    await breath();
    const told = content.get(`${place.trace_id}${place.span_id}`);
    const span = {
      name: place.name,
      status: place.status,
      statusMessage: place.status_message,
      attributes: told?.attributes ?? {},
      events: told?.events ?? [],
      resource: told?.resource ?? {},
    };
    result.get(place.trace_id)?.spans.push({
      ...span,
      spanId: place.span_id,
      parentId: place.parent_id,
      startNs: BigInt(place.started_ns),
      endNs: place.ended_ns === null ? null : BigInt(place.ended_ns),
      flags: place.flags ?? [],
      project: place.project,
      meaning: told ? mapSpan(span) : {},
    });
  }
  return result;
}

/** How many spans each trace has: those that were read, unless as many were read as are read at the most. */
async function countAll(
  db: Db,
  ctx: TenantContext,
  places: readonly SpanPlace[],
): Promise<Map<string, number>> {
  const totals = new Map<string, number>();
  for (const { trace_id } of places) totals.set(trace_id, (totals.get(trace_id) ?? 0) + 1);
  const full = [...totals].filter(([, read]) => read === MAX_ASSEMBLED_SPANS).map(([traceId]) => traceId);
  if (full.length === 0) return totals;
  const counted = await db.execute<{ trace_id: string; total: number }>(sql`
    select trace_id, count(*)::int as total from spans
    where tenant_id = ${ctx.tenant.id}::uuid and trace_id = any(${sqlArray(full)}) group by 1`);
  for (const { trace_id, total } of counted) totals.set(trace_id, total);
  return totals;
}

/** The telling spans of each trace whose attributes fit into the bound. They come in their order, each trace's together. */
function withinBound(places: readonly SpanPlace[]): SpanPlace[] {
  const bytes = new Map<string, number>();
  return places.filter((place) => {
    if (!place.is_telling) return false;
    const sum = (bytes.get(place.trace_id) ?? 0) + place.byte_size;
    bytes.set(place.trace_id, sum);
    return sum <= MAX_ASSEMBLED_BYTES;
  });
}

async function readContents(
  db: Db,
  ctx: TenantContext,
  places: readonly SpanPlace[],
): Promise<Map<string, SpanContent>> {
  if (places.length === 0) return new Map();
  const rows = await db.execute<SpanContent>(sql`
    select s.trace_id, s.span_id, s.attributes, s.events, s.resource
    from unnest(${sqlArray(places.map((place) => place.trace_id))}, ${sqlArray(places.map((place) => place.span_id))}) k (trace_id, span_id)
      join spans s on s.tenant_id = ${ctx.tenant.id}::uuid and s.trace_id = k.trace_id and s.span_id = k.span_id`);
  return new Map(rows.map((row) => [`${row.trace_id}${row.span_id}`, row]));
}

/** A list of ids as one parameter. They are hex: nothing in them has to be escaped. */
function sqlArray(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(',')}}`}::text[]`;
}
