import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { concurrencyLeases } from '@/db/schema/limits';
import { type TenantScope, withTenant } from '@/db/tenant';
import { logError } from '@/lib/log';
import { type ConcurrencyPolicyName, concurrencyOf } from '@/lib/rate-limit/policies';

/** How long a place is held by whoever is not heard of any more, and how often a living holder says that it is there. */
const LEASE_SECONDS = 60;
const RENEW_MS = 15_000;

/** A place among those that a policy has for a tenant. `holder` is an id of whatever holds it. */
export type Lease = { tenant: TenantScope['tenant']; policy: ConcurrencyPolicyName; holder: string };

/**
 * Takes a place for something that is about to begin; false when all of the policy's places are held. It is given back by
 * itself when it is neither kept nor released.
 */
export async function takeLease(db: Db, { tenant, policy, holder }: Lease): Promise<boolean> {
  const expiresAt = sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`;
  // One place after the other: of two that want the same one, the later waits and then sees that it is held.
  for (let place = 1; place <= concurrencyOf(policy); place++) {
    const taken = await db
      .insert(concurrencyLeases)
      .values({ tenantId: tenant.id, policy, place, holder, expiresAt })
      .onConflictDoUpdate({
        target: [concurrencyLeases.tenantId, concurrencyLeases.policy, concurrencyLeases.place],
        set: { holder, expiresAt },
        setWhere: sql`${concurrencyLeases.expiresAt} <= clock_timestamp()`,
      })
      .returning({ place: concurrencyLeases.place });
    if (taken.length > 0) return true;
  }
  return false;
}

/**
 * Keeps a place for as long as this process lives, until what this answers is called. `onLost` is told when somebody else
 * has it: this process was held up for longer than a place is held.
 */
export function keepLease(lease: Lease, onLost: () => void): () => void {
  const timer = setInterval(() => {
    renewLease(lease).then(
      (isOurs) => isOurs || onLost(),
      (error: unknown) => logError(error, 'a lease was not renewed'),
    );
  }, RENEW_MS).unref();
  return () => clearInterval(timer);
}

/** Gives a place back. What the database throws is logged: the place is free again after a while all the same. */
export async function releaseLease(lease: Lease): Promise<void> {
  await withTenant(lease, (db) => db.delete(concurrencyLeases).where(isHeld(lease))).catch((error: unknown) =>
    logError(error, 'a lease was not released'),
  );
}

async function renewLease(lease: Lease): Promise<boolean> {
  const renewed = await withTenant(lease, (db) =>
    db
      .update(concurrencyLeases)
      .set({ expiresAt: sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})` })
      .where(isHeld(lease))
      .returning({ place: concurrencyLeases.place }),
  );
  return renewed.length > 0;
}

function isHeld({ tenant, policy, holder }: Lease) {
  const { tenantId } = concurrencyLeases;
  return and(
    eq(tenantId, tenant.id),
    eq(concurrencyLeases.policy, policy),
    eq(concurrencyLeases.holder, holder),
  );
}
