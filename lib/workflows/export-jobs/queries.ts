import { gt, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { isoTime } from '@/db/iso-time';
import { concurrencyLeases } from '@/db/schema/limits';
import { exportVerbs } from '@/lib/workflows/operator-jobs/rules';
import type { Job, JobState, Wanted } from '@/lib/workflows/operator-jobs/schema';

type Row = {
  id: string;
  slug: string;
  by: string | null;
  startedAt: string;
  finishedAt: string | null;
  after: { rows?: number; bytes?: number } | null;
  state: JobState;
};

/**
 * Part of a verb: exports as the tenants' logs tell of them. One that has neither ended nor holds a place was broken off: its
 * reader went away, or its process stopped.
 */
export async function listExportJobs(db: Db, { state, before, limit }: Wanted): Promise<Job[]> {
  const rows = await db.execute<Row>(sql`
    select * from (
      select start.target_id as id, tenant.slug, start.actor_email as by, finish.after,
        ${isoTime(sql`start.at`)} as "startedAt", ${isoTime(sql`finish.at`)} as "finishedAt",
        case when finish.at is not null then 'done' when lease.holder is not null then 'running' else 'failed' end as state
      from audit_log start
      -- What is older came with an import, and tells of the workspace that it was exported from.
      join tenants tenant on tenant.id = start.tenant_id and start.at >= tenant.created_at
      left join lateral (
        select at, after from audit_log
        where target_kind = 'export' and action = 'tenant.export_finish' and at >= start.at
          and tenant_id = start.tenant_id and target_id = start.target_id
        limit 1) finish on true
      left join concurrency_leases lease on lease.tenant_id = start.tenant_id and lease.holder::text = start.target_id
        and lease.expires_at > clock_timestamp()
      where start.target_kind = 'export' and start.action = 'tenant.export'
        and ${before ? sql`start.at < ${before}::timestamptz` : sql`true`}
      order by start.at desc nulls first) exports
    where ${state ? sql`state = ${state}` : sql`true`}
    limit ${limit}`);
  return rows.map(toJob);
}

function toJob({ id, slug, by, startedAt, finishedAt, after, state }: Row): Job {
  return {
    ...{ queue: 'export', id, title: `Export of ${slug}`, state, attempts: 1 },
    queued_at: startedAt,
    next_attempt_at: null,
    finished_at: finishedAt,
    last_error:
      state === 'failed' ? 'Broken off: its reader went away, it was ended, or its process stopped.' : null,
    payload: {
      tenant: slug,
      by: by ?? 'an API key or the system',
      ...(after ? { rows: String(after.rows ?? 0), bytes: String(after.bytes ?? 0) } : {}),
    },
    verbs: [...exportVerbs[state]],
  };
}

/** Part of a verb: how many exports are under way. */
export async function countExportJobs(db: Db): Promise<Partial<Record<JobState, number>>> {
  return {
    running: await db.$count(concurrencyLeases, gt(concurrencyLeases.expiresAt, sql`clock_timestamp()`)),
  };
}
