import { eq, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { tenants } from '@/db/schema/tenancy';
import { isUuid } from '@/lib/ids';
import { CHANGE_CHANNEL, LiveCache } from './live-cache';

/** What the gateway knows of a tenant. */
export type TenantEntry = Pick<typeof tenants.$inferSelect, 'id' | 'slug' | 'name' | 'status'>;

const CAPACITY = 50_000;
const SLUG_LIKE = /^[a-z0-9-]{1,63}$/;
const columns = { id: tenants.id, slug: tenants.slug, name: tenants.name, status: tenants.status };

// One directory per process, whichever of its bundles asks.
const DIRECTORY = Symbol.for('ragtoolkit.tenant-directory');
type Directory = { bySlug: LiveCache<TenantEntry>; byId: LiveCache<TenantEntry> };
const globals = globalThis as { [DIRECTORY]?: Directory };

function directory(): Directory {
  globals[DIRECTORY] ??= {
    bySlug: new LiveCache('tenant-slug', CAPACITY, async (slug) => {
      const [row] = await pool('platform').db.select(columns).from(tenants).where(eq(tenants.slug, slug));
      return row ?? null;
    }),
    byId: new LiveCache('tenant-id', CAPACITY, async (id) => {
      const [row] = await pool('platform').db.select(columns).from(tenants).where(eq(tenants.id, id));
      return row ?? null;
    }),
  };
  return globals[DIRECTORY];
}

/** The tenant of a subdomain, or null. What cannot be a slug is answered without asking anybody. */
export async function findTenantBySlug(slug: string): Promise<TenantEntry | null> {
  return SLUG_LIKE.test(slug) ? directory().bySlug.get(slug) : null;
}

/** The tenant of an id, or null. */
export async function findTenantById(id: string): Promise<TenantEntry | null> {
  return isUuid(id) ? directory().byId.get(id) : null;
}

/** Tells every process, when the caller's transaction commits, that a tenant was made, renamed or changed its status. */
export async function announceTenantChange(
  db: Db,
  tenant: { id: string; slugs: readonly string[] },
): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-id:${tenant.id}`})`);
  for (const slug of tenant.slugs)
    await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-slug:${slug}`})`);
}
