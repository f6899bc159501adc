import { and, eq, gt, lte, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { describeTenantSchema, provisionTenantSchema } from '@/db/provision';
import { reservedSlugs } from '@/db/schema/lifecycle';
import { tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize, authorizePlatform } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import type { PlanId } from '@/lib/plans/plans';
import type { Actor, PlatformActor, TenantContext } from '@/lib/tenancy/context';
import { announceTenantChange, type TenantEntry, tenantColumns } from '@/lib/tenancy/directory';
import { announceTenantRate } from '@/lib/tenancy/limits';
import { announceQuota } from '@/lib/tenancy/quota';
import { isSlugReserved } from './queries';
import { MAX_FORMER_SLUGS, SLUG_RESERVATION_DAYS } from './rules';

const UNIQUE_VIOLATION = '23505';

/**
 * Makes a tenant: its row, its schema with its partitions, and the audit row, inside the caller's transaction of the
 * owner login. Throws AppError `conflict` when the slug is taken or reserved.
 */
export async function createTenant(
  db: Db,
  input: { id: string; slug: string; name: string },
  by: { actor: Actor; requestId: string },
): Promise<TenantEntry> {
  const tenant: TenantEntry = { ...input, status: 'active' };
  await takeSlug(() => db.insert(tenants).values(tenant));
  // After the insert, which waits for whoever is just leaving this slug: what they reserved is visible by now.
  if (await isSlugReserved(db, tenant.slug, tenant.id)) throw slugTaken();
  await provisionTenantSchema(db, tenant);
  await emit(
    db,
    { tenant, ...by },
    {
      action: 'tenant.create',
      target: { kind: 'tenant', id: tenant.id },
      after: { slug: tenant.slug, name: tenant.name },
    },
  );
  await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
  return tenant;
}

/** Gives the workspace another name. Throws AppError `forbidden`, `not_found`. */
export async function renameTenant(ctx: TenantContext, input: { name: string }): Promise<{ name: string }> {
  authorize(ctx, 'tenant:update');
  return withPlatform(async (db) => {
    const before = await lockTenant(db, ctx.tenant.id);
    if (before.name === input.name) return { name: input.name };
    await db
      .update(tenants)
      .set({ name: input.name, updatedAt: sql`now()` })
      .where(eq(tenants.id, before.id));
    await emit(db, ctx, {
      action: 'tenant.rename',
      target: { kind: 'tenant', id: before.id },
      before: { name: before.name },
      after: { name: input.name },
    });
    await announceTenantChange(db, { id: before.id, slugs: [before.slug] });
    return { name: input.name };
  });
}

/**
 * Moves the workspace to another subdomain. The one it leaves is kept for it for a year: requests there are sent on, and
 * nobody else can take it. Throws AppError `forbidden`, `conflict` (taken, or reserved for somebody else),
 * `limit_exceeded` when it already holds five former ones.
 */
export async function changeSlug(
  ctx: TenantContext,
  input: { slug: string },
): Promise<{ slug: string; url: string }> {
  authorize(ctx, 'tenant:update');
  return withOwner(async (db) => {
    const before = await lockTenant(db, ctx.tenant.id);
    const after = { id: before.id, slug: input.slug };
    if (before.slug === after.slug) return { slug: after.slug, url: urlOf(after, '/') };
    await takeSlug(() =>
      db.update(tenants).set({ slug: after.slug, updatedAt: sql`now()` }).where(eq(tenants.id, before.id)),
    );
    if (await isSlugReserved(db, after.slug, before.id)) throw slugTaken();
    // What is in use again needs no reservation, and what has run out holds nobody back.
    await db
      .delete(reservedSlugs)
      .where(or(eq(reservedSlugs.slug, after.slug), lte(reservedSlugs.until, sql`now()`)));
    await reserveSlug(db, before);
    const held = await db.$count(
      reservedSlugs,
      and(eq(reservedSlugs.tenantId, before.id), gt(reservedSlugs.until, sql`now()`)),
    );
    if (held > MAX_FORMER_SLUGS) {
      throw new AppError(
        'limit_exceeded',
        `The address can be changed ${MAX_FORMER_SLUGS} times a year. Go back to a former one, or wait.`,
      );
    }
    await describeTenantSchema(db, after);
    await emit(db, ctx, {
      action: 'tenant.change_slug',
      target: { kind: 'tenant', id: before.id },
      before: { slug: before.slug },
      after: { slug: after.slug },
    });
    await announceTenantChange(db, { id: before.id, slugs: [before.slug, after.slug] });
    return { slug: after.slug, url: urlOf(after, '/') };
  });
}

/**
 * Suspends a workspace: its pages say so, its API answers 403 `tenant_suspended`, nothing is metered, everything is kept.
 * Suspending it again changes nothing. Throws AppError `not_found`, `conflict` while a deletion is pending.
 */
export async function suspendTenant(
  by: PlatformActor,
  input: { tenantId: string; reason: string },
): Promise<void> {
  await setStatus(by, input, { from: 'active', to: 'suspended', action: 'tenant.suspend' });
}

/** Lets a suspended workspace work again. Throws AppError `not_found`, `conflict` while a deletion is pending. */
export async function reactivateTenant(
  by: PlatformActor,
  input: { tenantId: string; reason: string },
): Promise<void> {
  await setStatus(by, input, { from: 'suspended', to: 'active', action: 'tenant.reactivate' });
}

/**
 * Puts a workspace on another plan, as the operator or the system; the plan it has already changes nothing. What exceeds a
 * smaller plan stays, and stops growing. Throws AppError `forbidden`, `not_found`.
 */
export async function changePlan(
  by: PlatformActor,
  input: { tenantId: string; plan: PlanId; reason: string },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) =>
    putOnPlan(db, { tenant: await lockTenant(db, input.tenantId), ...by }, input),
  );
}

/** `changePlan` inside the caller's transaction, which has locked the tenant. */
export async function putOnPlan(
  db: Db,
  by: PlatformActor & { tenant: TenantEntry },
  { plan, reason }: { plan: PlanId; reason: string },
): Promise<void> {
  const { tenant } = by;
  const [before] = await db.select({ plan: tenants.plan }).from(tenants).where(eq(tenants.id, tenant.id));
  if (!before || before.plan === plan) return;
  await db.update(tenants).set({ plan, updatedAt: sql`now()` }).where(eq(tenants.id, tenant.id));
  await emit(db, by, {
    action: 'tenant.change_plan',
    target: { kind: 'tenant', id: tenant.id },
    before,
    after: { plan, reason },
  });
  await announceTenantRate(db, tenant.id);
  await announceQuota(db, tenant.id);
}

/**
 * Makes a workspace read-only, because nobody has paid for a while, or lets it work again; inside the caller's transaction,
 * which has locked the tenant. Everything that is there stays and can be read and taken out.
 */
export async function setReadOnly(
  db: Db,
  by: PlatformActor & { tenant: TenantEntry },
  { isReadOnly, reason }: { isReadOnly: boolean; reason: string },
): Promise<void> {
  const { tenant } = by;
  if (((tenant.readOnlySince ?? null) !== null) === isReadOnly) return;
  await db
    .update(tenants)
    .set({ readOnlySince: isReadOnly ? sql`now()` : null, updatedAt: sql`now()` })
    .where(eq(tenants.id, tenant.id));
  await emit(db, by, {
    action: isReadOnly ? 'tenant.make_read_only' : 'tenant.end_read_only',
    target: { kind: 'tenant', id: tenant.id },
    after: { reason },
  });
  await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
  await announceQuota(db, tenant.id);
}

/** Keeps a tenant's slug for a year, inside the caller's transaction of the owner login. */
export async function reserveSlug(db: Db, tenant: { id: string; slug: string }): Promise<void> {
  const until = sql`now() + make_interval(days => ${SLUG_RESERVATION_DAYS})`;
  await db
    .insert(reservedSlugs)
    .values({ slug: tenant.slug, tenantId: tenant.id, until })
    .onConflictDoUpdate({ target: reservedSlugs.slug, set: { tenantId: tenant.id, until } });
}

async function setStatus(
  by: PlatformActor,
  input: { tenantId: string; reason: string },
  change: {
    from: TenantEntry['status'];
    to: TenantEntry['status'];
    action: 'tenant.suspend' | 'tenant.reactivate';
  },
): Promise<void> {
  authorizePlatform(by);
  await withPlatform(async (db) => {
    const tenant = await lockTenant(db, input.tenantId);
    if (tenant.status === change.to) return;
    if (tenant.status !== change.from) throw new AppError('conflict', `This workspace is ${tenant.status}.`);
    await db
      .update(tenants)
      .set({ status: change.to, updatedAt: sql`now()` })
      .where(eq(tenants.id, tenant.id));
    await emit(
      db,
      { tenant, ...by },
      {
        action: change.action,
        target: { kind: 'tenant', id: tenant.id },
        before: { status: change.from },
        after: { status: change.to, reason: input.reason },
      },
    );
    await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
  });
}

/** A tenant as it is now, locked until the caller's transaction ends. Throws AppError `not_found`. */
export async function lockTenant(db: Db, id: string): Promise<TenantEntry> {
  const [row] = await db.select(tenantColumns).from(tenants).where(eq(tenants.id, id)).for('update');
  if (!row) throw new AppError('not_found', 'There is no such workspace.');
  return row;
}

/** Runs a write of `tenants.slug`; that the slug is another tenant's becomes AppError `conflict`. */
async function takeSlug(write: () => PromiseLike<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const cause = (error instanceof Error ? error.cause : null) as {
      code?: string;
      constraint_name?: string;
    } | null;
    if (cause?.code === UNIQUE_VIOLATION && cause.constraint_name === 'tenants_slug_unique')
      throw slugTaken();
    throw error;
  }
}

function slugTaken(): AppError {
  return new AppError('conflict', 'This workspace name is taken.', [
    { path: 'slug', message: 'This name is taken.' },
  ]);
}
