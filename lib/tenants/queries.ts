import { eq } from 'drizzle-orm';
import { pool } from '@/db/client';
import { tenants } from '@/db/schema/tenancy';
import { slugIssue } from './rules';

/** Whether a slug can be had, and the reason as a sentence when it cannot. */
export async function checkSlugAvailability(
  slug: string,
): Promise<{ available: boolean; reason: string | null }> {
  const issue = slugIssue(slug);
  if (issue) return { available: false, reason: issue };
  const [taken] = await pool('platform')
    .db.select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.slug, slug));
  return taken ? { available: false, reason: 'This name is taken.' } : { available: true, reason: null };
}
