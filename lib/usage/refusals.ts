import { withTenant } from '@/db/tenant';
import { logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import {
  addDeliveryCounts,
  addRefusals,
  cut,
  type KeyRefusal,
  REFUSALS_KEPT,
  type Refusal,
} from './deliveries';

/** Reasons of all tenants that wait in memory to be written: past that no more are taken; counts always are. */
const REASONS_WAITING = 10_000;
const RETRY_MS = 1_000;

type Gathered = {
  counts: Map<string, { keyId: string; hour: Date; refused: number }>;
  refusals: KeyRefusal[];
};
type Shared = {
  /** What was refused and is not written yet, by tenant. */
  waiting: Map<string, Gathered>;
  held: number;
  flushing: Promise<void> | null;
};

// What is refused in either of the process's bundles is gathered in one place.
const SHARED = Symbol.for('ragtoolkit.deliveries');
const globals = globalThis as { [SHARED]?: Shared };

function shared(): Shared {
  globals[SHARED] ??= { waiting: new Map(), held: 0, flushing: null };
  return globals[SHARED];
}

/**
 * Notes that traces of a key were refused before any transaction: `received` and `refused` grow by one for each of `traceIds`, where null is an id that could not be read. Returns at once;
 * notes are gathered and written soon, again and again until the database takes them. What people and the system send
 * is in no ledger.
 */
export function noteRefused(
  ctx: TenantContext,
  error: Pick<Refusal, 'code' | 'issues'>,
  traceIds: readonly (string | null)[] = [null],
): void {
  if (ctx.actor.kind !== 'api-key' || traceIds.length === 0) return;
  const { keyId } = ctx.actor;
  const at = new Date();
  const state = shared();
  const tenant: Gathered = state.waiting.get(ctx.tenant.id) ?? { counts: new Map(), refusals: [] };
  state.waiting.set(ctx.tenant.id, tenant);
  const hour = new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000);
  const name = `${keyId} ${hour.getTime()}`;
  const count = tenant.counts.get(name) ?? { keyId, hour, refused: 0 };
  tenant.counts.set(name, { ...count, refused: count.refused + traceIds.length });
  const { code, issues } = error;
  for (const traceId of traceIds.slice(-REFUSALS_KEPT)) {
    if (state.held >= REASONS_WAITING) break;
    tenant.refusals.push(cut({ traceId, code, issues, keyId, requestId: ctx.requestId, at }));
    state.held += 1;
  }
  state.flushing ??= flush(state);
}

/** Waits until everything that was noted is written, or cannot be for now. For shutdown and tests. */
export async function flushRefused(): Promise<void> {
  const state = shared();
  while (state.flushing) await state.flushing;
}

/** Tenant by tenant. What comes meanwhile is gathered for the next round. */
async function flush(state: Shared): Promise<void> {
  await Promise.resolve();
  let failed = false;
  while (state.waiting.size > 0 && !failed) {
    for (const [tenantId, gathered] of [...state.waiting]) {
      state.waiting.delete(tenantId);
      state.held -= gathered.refusals.length;
      try {
        await writeGathered(tenantId, gathered);
      } catch (error) {
        failed = true;
        logError(error, 'refusals cannot be written now; trying again');
        putBack(state, tenantId, gathered);
      }
    }
  }
  state.flushing = null;
  if (failed)
    setTimeout(() => {
      state.flushing ??= flush(state);
    }, RETRY_MS).unref();
}

async function writeGathered(tenantId: string, { counts, refusals }: Gathered): Promise<void> {
  await withTenant({ tenant: { id: tenantId } }, async (db) => {
    const rows = [...counts.values()].map(({ keyId, hour, refused }) => ({
      ...{ keyId, hour, received: refused, stored: 0, updated: 0, refused },
    }));
    await addDeliveryCounts(db, tenantId, rows);
    await addRefusals(db, tenantId, refusals);
  });
}

function putBack(state: Shared, tenantId: string, gathered: Gathered): void {
  const later = state.waiting.get(tenantId);
  if (!later) {
    state.waiting.set(tenantId, gathered);
    state.held += gathered.refusals.length;
    return;
  }
  for (const [name, count] of gathered.counts) {
    const more = later.counts.get(name)?.refused ?? 0;
    later.counts.set(name, { ...count, refused: count.refused + more });
  }
  later.refusals.unshift(...gathered.refusals);
  state.held += gathered.refusals.length;
}
