import { eq } from 'drizzle-orm';
import { tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { LEGACY_SLUG } from '@/lib/auth/legacy-key';
import { newId } from '@/lib/ids';
import type { PlatformActor } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { createTenant } from '@/lib/tenants/mutations';

/** The tenant of a slug as the database has it now, not as a cache remembers it; null where there is none. */
export async function readTenant(slug: string): Promise<TenantEntry | null> {
  const { id, slug: own, name, status } = tenants;
  const [row] = await withPlatform((db) =>
    db.select({ id, slug: own, name, status }).from(tenants).where(eq(own, slug)),
  );
  return row ?? null;
}

/** The tenant `default`, made where it is missing; nobody can sign up for that slug. Of several calls at once one makes it, and all answer the same. */
export async function ensureDefaultTenant(by: PlatformActor): Promise<TenantEntry> {
  const found = await readTenant(LEGACY_SLUG);
  if (found) return found;
  try {
    return await withOwner((db) => createTenant(db, { id: newId(), slug: LEGACY_SLUG, name: 'Default' }, by));
  } catch (error) {
    const made = await readTenant(LEGACY_SLUG);
    if (made) return made;
    throw error;
  }
}
