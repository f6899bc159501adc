import { pool } from '@/db/client';
import { findTenantBySlug } from '@/lib/tenancy/directory';
import { CHANGE_CHANNEL } from '@/lib/tenancy/live-cache';
import { unique } from './factories';
import { poll } from './poll';
import { countQueries } from './queries';

/** A change must be heard well before a cached answer would have grown too old by itself, which is after 5 s. */
export const HEARD_WITHIN_MS = 2_000;

/**
 * Waits until this process listens and has heard every change that is committed by now: messages come in the order of
 * the commits, so one of our own, for a name that nobody has, comes last.
 */
export async function hearChanges(): Promise<void> {
  const slug = `nobody-${unique()}`;
  await poll(async () => {
    await findTenantBySlug(slug);
    await pool('platform').sql.notify(CHANGE_CHANNEL, `tenant-slug:${slug}`);
    return (await countQueries(() => findTenantBySlug(slug))).queries > 0;
  });
}
