import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { traceWordsPending } from '@/db/schema/traces';
import { withPlatform, withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { newRequestId } from '@/lib/ids';
import { logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';

/** Traces whose words are filed in one transaction, and in one sweep of a tenant: filing yields to what comes in. */
const FILED_AT_ONCE = 50;
const FILED_IN_A_SWEEP = 500;
/** Of all tenants together in a sweep while the process is busy, and the share of its time from which on it is. */
const FILED_WHILE_BUSY = 100;
const BUSY = 0.7;
/** Between two transactions filing rests: for so many times as long as the last one took, times the share that the process was busy. */
const REST = 6;
/** So much of a trace's text can be searched: a tsvector holds 1 MB. */
const SEARCHED_CHARACTERS = 100_000;

/** Notes, inside the caller's transaction, that the words of these traces are to be filed. */
export async function noteWords(db: Db, tenantId: string, traceIds: readonly string[]): Promise<void> {
  if (traceIds.length === 0) return;
  await executePrepared(
    db,
    sql`
    insert into trace_words_pending (tenant_id, trace_ids)
      select ${tenantId}::uuid, array(select json_array_elements_text(${JSON.stringify(traceIds)}::text::json))`,
  );
}

/** Notes all traces of the tenant that have no words yet, such as those of an archive. Throws AppError `forbidden`. */
export async function noteUnfiledWords(ctx: TenantContext): Promise<void> {
  authorize(ctx, 'traces:write');
  await withTenant(ctx, (db) =>
    db.execute(sql`
      insert into trace_words_pending (tenant_id, trace_ids)
        select ${ctx.tenant.id}::uuid, array_agg(trace_id) from (
          select trace_id, (row_number() over (order by received_at desc) - 1) / ${FILED_AT_ONCE} as part from traces t
            where tenant_id = ${ctx.tenant.id}
              and not exists (select from trace_words w where w.tenant_id = t.tenant_id and w.trace_id = t.trace_id)
        ) as numbered group by part`),
  );
}

let utilization = performance.eventLoopUtilization();

/**
 * Files words of every tenant that has some to be filed: fewer while the process is busy, since filing a trace's words costs
 * the database more than storing it. One that fails is logged and does not hold up the others.
 */
export async function fileAllWords(): Promise<void> {
  const now = performance.eventLoopUtilization();
  const isBusy = performance.eventLoopUtilization(now, utilization).utilization > BUSY;
  utilization = now;
  const rows = await withPlatform((db) =>
    db.selectDistinct({ id: traceWordsPending.tenantId }).from(traceWordsPending),
  );
  const most = isBusy ? Math.ceil(FILED_WHILE_BUSY / Math.max(1, rows.length)) : FILED_IN_A_SWEEP;
  for (const { id } of rows) {
    try {
      const tenant = await findTenantById(id);
      const ctx = { actor: { kind: 'system', name: 'words' }, requestId: newRequestId() } as const;
      if (tenant?.status === 'active') await fileWords({ tenant, ...ctx }, most);
    } catch (error) {
      logError(error, `filing the words of tenant ${id} failed`);
    }
  }
}

/**
 * Makes traces that were written found by their words: up to `most` of them, those first noted first; answers how many notes
 * were done. Safe to run at any time, by several processes at once. Throws AppError `forbidden`.
 */
export async function fileWords(ctx: TenantContext, most = FILED_IN_A_SWEEP): Promise<number> {
  authorize(ctx, 'traces:write');
  let filed = 0;
  while (filed < most) {
    const began = performance.now();
    const idle = performance.eventLoopUtilization();
    const done = await withTenant(ctx, (db) =>
      fileSome(db, ctx.tenant.id, Math.min(FILED_AT_ONCE, most - filed)),
    );
    if (done === 0) break;
    filed += done;
    const { utilization: busy } = performance.eventLoopUtilization(idle);
    await setTimeout(REST * busy * (performance.now() - began));
  }
  return filed;
}

/**
 * Takes the oldest notes out, as many as a transaction should file, and files what they name; who comes second to a note leaves
 * it to the first. A note larger than that is cut, and the rest noted anew. The traces are locked: one that is being changed or
 * deleted is read after that, and one that is changed later leaves another note.
 */
async function fileSome(db: Db, tenantId: string, most: number): Promise<number> {
  const notes = await executePrepared<{ ids: string[] }>(
    db,
    sql`
    with oldest as (
      select id, sum(cardinality(trace_ids)) over (order by id) - cardinality(trace_ids) as before from (
        select id, trace_ids from trace_words_pending where tenant_id = ${tenantId} order by id limit ${most}) as first)
    delete from trace_words_pending where tenant_id = ${tenantId}
      and id in (select id from oldest where before < ${most})
    returning trace_ids as ids`,
  );
  const ids = notes.flatMap((note) => note.ids);
  const now = [...new Set(ids.slice(0, most))];
  await noteWords(db, tenantId, ids.slice(most));
  if (now.length === 0) return 0;
  // In JSON a line's end is two characters, of which the second would be taken for the next word's first.
  const chunks = sql.raw(
    String.raw`replace(replace(jsonb_path_query_array(chunks, '$[*].text')::text, '\n', ' '), '\t', ' ')`,
  );
  await db.execute(sql`
    with text as materialized (
      select trace_id, left(concat_ws(' ', question, answer, ${chunks}), ${SEARCHED_CHARACTERS}) as said from traces
        where tenant_id = ${tenantId} and trace_id in (select json_array_elements_text(${JSON.stringify(now)}::text::json))
        order by trace_id for key share)
    insert into trace_words (tenant_id, trace_id, words) select ${tenantId}::uuid, trace_id, to_tsvector('simple', said) from text
      on conflict (tenant_id, trace_id) do update set words = excluded.words`);
  return now.length;
}
