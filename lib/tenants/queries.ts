import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { reservedSlugs, tenantConfirmations } from '@/db/schema/lifecycle';
import { users } from '@/db/schema/people';
import { tenantAmounts } from '@/db/schema/quotas';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { type Entitlements, entitlementsOf } from '@/lib/plans/plans';
import type { TenantContext } from '@/lib/tenancy/context';
import { slugIssue } from './rules';
import type { SlugCheck, WireTenant, WorkspaceDetails } from './schema';

const TAKEN = 'This name is taken.';

/** Whether a slug can be had by a new workspace, and the reason as a sentence when it cannot. */
export async function checkSlugAvailability(slug: string): Promise<SlugCheck> {
  const issue = slugIssue(slug);
  if (issue) return { available: false, reason: issue };
  const { db } = pool('platform');
  const [taken] = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.slug, slug));
  return taken || (await isSlugReserved(db, slug, null))
    ? { available: false, reason: TAKEN }
    : { available: true, reason: null };
}

/** Whether this workspace can move to a slug, its own former ones included. Throws AppError `forbidden`. */
export async function checkOwnSlug(ctx: TenantContext, slug: string): Promise<SlugCheck> {
  authorize(ctx, 'tenant:update');
  const issue = slugIssue(slug);
  if (issue) return { available: false, reason: issue };
  const { db } = pool('platform');
  const [taken] = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.slug, slug));
  if (taken?.id === ctx.tenant.id) return { available: true, reason: null };
  return taken || (await isSlugReserved(db, slug, ctx.tenant.id))
    ? { available: false, reason: TAKEN }
    : { available: true, reason: null };
}

/** Whether a slug is kept for somebody else than this tenant; null asks for anybody. */
export async function isSlugReserved(db: Db, slug: string, tenantId: string | null): Promise<boolean> {
  const [reserved] = await db
    .select({ tenantId: reservedSlugs.tenantId })
    .from(reservedSlugs)
    .where(and(eq(reservedSlugs.slug, slug), gt(reservedSlugs.until, sql`now()`)));
  return reserved !== undefined && (reserved.tenantId === null || reserved.tenantId !== tenantId);
}

/** The workspace as its settings show it. Throws AppError `forbidden`, `not_found`. */
export async function getWorkspace(ctx: TenantContext): Promise<WorkspaceDetails> {
  authorize(ctx, 'tenant:update');
  return withPlatform(async (db) => {
    const [row] = await db
      .select({ name: tenants.name, slug: tenants.slug, createdAt: tenants.createdAt })
      .from(tenants)
      .where(eq(tenants.id, ctx.tenant.id));
    if (!row) throw new AppError('not_found');
    const former = await db
      .select({ slug: reservedSlugs.slug, until: reservedSlugs.until })
      .from(reservedSlugs)
      .where(and(eq(reservedSlugs.tenantId, ctx.tenant.id), gt(reservedSlugs.until, sql`now()`)))
      .orderBy(desc(reservedSlugs.until));
    return {
      ...row,
      createdAt: row.createdAt.toISOString(),
      formerSlugs: former.map(({ slug, until }) => ({ slug, until: until.toISOString() })),
    };
  });
}

/** The addresses of a tenant's admins, for mails that all of them get. */
export async function listAdminAddresses(db: Db, tenantId: string): Promise<string[]> {
  const rows = await db
    .select({ email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.role, 'admin')))
    .orderBy(users.email);
  return rows.map((row) => row.email);
}

/** The workspace as the API tells it. Throws AppError `forbidden`, `not_found`. */
export async function getTenant(ctx: TenantContext): Promise<WireTenant> {
  authorize(ctx, 'tenant:read');
  return getWireTenant(pool('platform').db, ctx.tenant.id);
}

/** `getTenant` inside the caller's transaction. Throws AppError `not_found`. */
export async function getWireTenant(db: Db, tenantId: string): Promise<WireTenant> {
  const { id, slug, name, status, plan, createdAt } = tenants;
  const [row] = await db
    .select({ id, slug, name, status, plan, createdAt })
    .from(tenants)
    .where(eq(id, tenantId));
  if (!row) throw new AppError('not_found', 'There is no such workspace.');
  const { createdAt: created, ...told } = row;
  return { ...told, created_at: created.toISOString() };
}

/**
 * What a tenant's plan allows it, or an operator has agreed with it; what Starter allows while nobody has confirmed it. Throws
 * AppError `not_found`.
 */
export async function getEntitlements(db: Db, tenantId: string): Promise<Entitlements> {
  const { traces, per1000Traces, seats } = tenantAmounts;
  const [row] = await db
    .select({
      plan: tenants.plan,
      unconfirmed: tenantConfirmations.tenantId,
      own: { tenantId: tenantAmounts.tenantId, traces, per1000Traces, seats },
    })
    .from(tenants)
    .leftJoin(tenantConfirmations, eq(tenantConfirmations.tenantId, tenants.id))
    .leftJoin(tenantAmounts, eq(tenantAmounts.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId));
  if (!row) throw new AppError('not_found', 'There is no such workspace.');
  return entitlementsOf(row.plan, { confirmed: row.unconfirmed === null, own: row.own });
}
