import { eq, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { reservedSlugs } from '@/db/schema/lifecycle';
import { tenants } from '@/db/schema/tenancy';
import { isUuid } from '@/lib/ids';
import { CHANGE_CHANNEL, LiveCache } from './live-cache';

/** What the gateway knows of a tenant. */
export type TenantEntry = Pick<typeof tenants.$inferSelect, 'id' | 'slug' | 'name' | 'status'> & {
  /** Since when nothing may be added, as nobody has paid for a while. */
  readOnlySince?: Date | null;
};

const CAPACITY = 50_000;
const SLUG_LIKE = /^[a-z0-9-]{1,63}$/;
/** The columns that make an entry. */
export const tenantColumns = {
  id: tenants.id,
  slug: tenants.slug,
  name: tenants.name,
  status: tenants.status,
  readOnlySince: tenants.readOnlySince,
};

// One directory per process, whichever of its bundles asks.
const DIRECTORY = Symbol.for('ragtoolkit.tenant-directory');
type FormerSlug = { tenantId: string | null; until: Date };
type Directory = {
  bySlug: LiveCache<TenantEntry>;
  byId: LiveCache<TenantEntry>;
  byFormerSlug: LiveCache<FormerSlug>;
};
const globals = globalThis as { [DIRECTORY]?: Directory };

function directory(): Directory {
  globals[DIRECTORY] ??= {
    bySlug: new LiveCache('tenant-slug', CAPACITY, async (slug) => {
      const [row] = await pool('platform')
        .db.select(tenantColumns)
        .from(tenants)
        .where(eq(tenants.slug, slug));
      return row ?? null;
    }),
    byId: new LiveCache('tenant-id', CAPACITY, async (id) => {
      const [row] = await pool('platform').db.select(tenantColumns).from(tenants).where(eq(tenants.id, id));
      return row ?? null;
    }),
    byFormerSlug: new LiveCache('former-slug', CAPACITY, async (slug) => {
      const [row] = await pool('platform')
        .db.select({ tenantId: reservedSlugs.tenantId, until: reservedSlugs.until })
        .from(reservedSlugs)
        .where(eq(reservedSlugs.slug, slug));
      return row ?? null;
    }),
  };
  return globals[DIRECTORY];
}

/** The tenant of a subdomain, or null. What cannot be a slug is answered without asking anybody. */
export async function findTenantBySlug(slug: string): Promise<TenantEntry | null> {
  return SLUG_LIKE.test(slug) ? directory().bySlug.get(slug) : null;
}

/**
 * The tenant that has left this subdomain within the last year and still holds it, or null. To be asked only where
 * nobody has the name now.
 */
export async function findTenantByFormerSlug(slug: string): Promise<TenantEntry | null> {
  if (!SLUG_LIKE.test(slug)) return null;
  const former = await directory().byFormerSlug.get(slug);
  if (!former?.tenantId || former.until.getTime() <= Date.now()) return null;
  return findTenantById(former.tenantId);
}

/** The tenant of an id, or null. */
export async function findTenantById(id: string): Promise<TenantEntry | null> {
  return isUuid(id) ? directory().byId.get(id) : null;
}

/**
 * Tells every process, when the caller's transaction commits, that a tenant was made, renamed or changed its status.
 * `slugs` are all names for which the answer is another one now.
 */
export async function announceTenantChange(
  db: Db,
  tenant: { id: string; slugs: readonly string[] },
): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-id:${tenant.id}`})`);
  for (const slug of tenant.slugs) {
    await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-slug:${slug}`})`);
    await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`former-slug:${slug}`})`);
  }
}
