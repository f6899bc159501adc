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
