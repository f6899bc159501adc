import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { newId } from '@/lib/ids';
import { oncePerRequest } from '@/lib/log';
import { keyIdOf, type TenantContext } from '@/lib/tenancy/context';

/** Who made the request being handled, and whether a transaction has counted it already. */
type Metering = { by: { tenantId: string; keyId: string | null } | null; isCounted: boolean };
type Counts = Map<string, { tenantId: string; keyId: string | null; requests: number }>;
type Shared = {
  counting: Counts;
  /** A portion that is on its way. It keeps its id until it is known to be written, so that it is written once. */
  writing: { id: string; counts: Counts } | null;
  flushing: Promise<void> | null;
};

// One per process, whichever of its bundles answers.
const SHARED = Symbol.for('ragtoolkit.api-requests');
const globals = globalThis as { [SHARED]?: Shared };

function shared(): Shared {
  globals[SHARED] ??= { counting: new Map(), writing: null, flushing: null };
  return globals[SHARED];
}

const current = () => oncePerRequest<Metering>('metered-request', () => ({ by: null, isCounted: false }));

/** Notes who makes the request being handled, once that is proved: from here on it counts. */
export function noteRequester(ctx: TenantContext): void {
  current().by = { tenantId: ctx.tenant.id, keyId: keyIdOf(ctx) };
}

/** Notes that the request being handled is counted in the transaction of what it wrote. */
export function noteRequestCounted(): void {
  current().isCounted = true;
}

/**
 * Counts the request being handled by the status of its answer, unless its transaction has: an authenticated one that was
 * answered with neither 429 nor 5xx. Without I/O: `flushApiRequests` writes.
 */
export function countAnswer(status: number): void {
  const { by, isCounted } = current();
  if (!by || isCounted || status === 429 || status >= 500) return;
  current().isCounted = true;
  const { counting } = shared();
  const name = `${by.tenantId} ${by.keyId}`;
  const count = counting.get(name);
  if (count) count.requests += 1;
  else counting.set(name, { ...by, requests: 1 });
}

/**
 * Writes what was counted in memory as deltas. A portion that may or may not have been written is tried again under its id, and
 * is written once. Throws what the database throws; nothing is lost but what a killed process had not written.
 */
export async function flushApiRequests(): Promise<void> {
  const state = shared();
  // Whoever comes while one is on its way waits for it, and then writes what has come since.
  while (state.flushing) await state.flushing.catch(() => {});
  state.flushing = flush(state).finally(() => {
    state.flushing = null;
  });
  await state.flushing;
}

async function flush(state: Shared): Promise<void> {
  while (state.writing || state.counting.size > 0) {
    if (!state.writing) {
      state.writing = { id: newId(), counts: state.counting };
      state.counting = new Map();
    }
    await write(state.writing);
    state.writing = null;
  }
}

async function write({ id, counts }: NonNullable<Shared['writing']>): Promise<void> {
  await pool('platform').db.execute(sql`
    with portion as (insert into usage_flushes (id) values (${id}) on conflict do nothing returning id)
    insert into usage_deltas (tenant_id, key_id, project, api_requests)
      select sent."tenantId", sent."keyId", '', sent.requests
      from portion, json_to_recordset(${JSON.stringify([...counts.values()])}::text::json)
        as sent("tenantId" uuid, "keyId" uuid, requests int)
      where exists (select from tenants t where t.id = sent."tenantId")
      order by 1, 2`);
}
