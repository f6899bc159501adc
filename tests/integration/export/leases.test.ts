import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { concurrencyLeases } from '@/db/schema/limits';
import { withTenant } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { keepLease, type Lease, releaseLease, takeLease } from '@/lib/usage/leases';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await makeTenant();
});
afterEach(() => {
  vi.useRealTimers();
});

const leaseOf = (one: TestTenant): Lease => ({ tenant: one, policy: 'export:tenant', holder: newId() });
const take = (lease: Lease) => withTenant(lease, (db) => takeLease(db, lease));
const held = () =>
  pool('owner').db.select().from(concurrencyLeases).where(eq(concurrencyLeases.tenantId, tenant.id));
const expireAll = () =>
  pool('owner')
    .db.update(concurrencyLeases)
    .set({ expiresAt: sql`now()` })
    .where(eq(concurrencyLeases.tenantId, tenant.id));
/** Lets a timer of a lease come without waiting for it. */
const renewSoon = (lease: Lease, onLost: () => void) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const stop = keepLease(lease, onLost);
  vi.advanceTimersByTime(15_000);
  return stop;
};

describe('takeLease', () => {
  test('gives no more places than there are, however many ask at once', async () => {
    const taken = await Promise.all(Array.from({ length: 12 }, () => take(leaseOf(tenant))));
    expect(taken.filter(Boolean)).toHaveLength(2);
    expect((await held()).map(({ place }) => place).sort()).toEqual([1, 2]);
  });

  test('gives each tenant its own', async () => {
    await Promise.all([take(leaseOf(tenant)), take(leaseOf(tenant))]);
    expect(await take(leaseOf(await makeTenant()))).toBe(true);
  });

  test('gives the place of whoever is gone to the next', async () => {
    for (let i = 0; i < 2; i++) await take(leaseOf(tenant));
    expect(await take(leaseOf(tenant))).toBe(false);
    await expireAll();
    expect(await take(leaseOf(tenant))).toBe(true);
  });

  test('gives a released place to the next, and only that one', async () => {
    const [first, second] = [leaseOf(tenant), leaseOf(tenant)];
    await take(first);
    await take(second);
    await releaseLease(first);
    expect((await held()).map(({ holder }) => holder)).toEqual([second.holder]);
    expect(await take(leaseOf(tenant))).toBe(true);
  });
});

describe('keepLease', () => {
  test('holds a place beyond its time', async () => {
    const lease = leaseOf(tenant);
    await take(lease);
    await expireAll();
    const stop = renewSoon(lease, () => expect.unreachable());
    await poll(async () => ((await held())[0]?.expiresAt.getTime() ?? 0) > Date.now() + 30_000);
    stop();
  });

  test('tells whoever has lost their place', async () => {
    const lease = leaseOf(tenant);
    let isLost = false;
    const stop = renewSoon(lease, () => {
      isLost = true;
    });
    await poll(() => isLost);
    stop();
  });
});

describe('exportTenant', () => {
  test('is refused while other processes send as many as may be sent', async () => {
    const others = [leaseOf(tenant), leaseOf(tenant)];
    for (const other of others) await take(other);
    await expect(exportTenant(tenant.admin.ctx)).rejects.toMatchObject({ code: 'conflict' });
    await expireAll(); // they were killed
    const { body } = await exportTenant(tenant.admin.ctx);
    await body.cancel();
  });

  test('gives its place back at its end, when it is cancelled, and when nobody has read it', async () => {
    await ingestTraces(tenant.ctx, [{ traceId: 'one' }]);
    const { body: read } = await exportTenant(tenant.admin.ctx);
    expect(await held()).toHaveLength(1);
    await new Response(read).arrayBuffer();
    expect(await held()).toHaveLength(0);

    const { body: cancelled } = await exportTenant(tenant.admin.ctx);
    const reader = cancelled.getReader();
    await reader.read();
    await reader.cancel();
    await poll(async () => (await held()).length === 0);

    const { body: unread } = await exportTenant(tenant.admin.ctx);
    await unread.cancel();
    await poll(async () => (await held()).length === 0);
  });
});
