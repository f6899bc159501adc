import { z } from 'zod';
import { toStorable } from '@/lib/text';
import { slugIssue } from './rules';

/** A workspace's subdomain: 3 to 40 characters of a–z, 0–9 and single hyphens, not reserved. */
export const slugSchema = z
  .string()
  .trim()
  .toLowerCase()
  .superRefine((slug, ctx) => {
    const issue = slugIssue(slug);
    if (issue) ctx.addIssue({ code: 'custom', message: issue });
  });

export const tenantNameSchema = z
  .string()
  .overwrite(toStorable)
  .trim()
  .min(1, 'Give the workspace a name.')
  .max(80, 'At most 80 characters.');

export const renameTenantInput = z.object({ name: tenantNameSchema });
export const renamedTenant = z.object({ name: z.string() });

export const changeSlugInput = z.object({ slug: slugSchema });
/** The new address; `url` is where the browser goes next. */
export const changedSlug = z.object({ slug: z.string(), url: z.url() });

export const slugCheckInput = z.object({ slug: z.string().max(100) });
export const slugCheckResult = z.object({ available: z.boolean(), reason: z.string().nullable() });
export type SlugCheck = z.infer<typeof slugCheckResult>;

/** A workspace as its settings show it. Times are ISO 8601 in UTC. */
export const workspaceDetails = z.object({
  name: z.string(),
  slug: z.string(),
  createdAt: z.iso.datetime(),
  /** Addresses that it has left and still holds, newest first. */
  formerSlugs: z.array(z.object({ slug: z.string(), until: z.iso.datetime() })),
});
export type WorkspaceDetails = z.infer<typeof workspaceDetails>;

/** A workspace as the API tells it. Times are ISO 8601 in UTC. */
export const wireTenant = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'deleting']),
  plan: z.string(),
  created_at: z.iso.datetime(),
});
export type WireTenant = z.infer<typeof wireTenant>;
