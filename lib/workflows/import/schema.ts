import { z } from 'zod';
import { emailSchema, roles } from '@/lib/auth/schema';
import { slugSchema, tenantNameSchema } from '@/lib/tenants/schema';

/** What an operator gives to load an archive. */
export const importInput = z.object({
  /** Path of the archive. */
  file: z.string().min(1),
  slug: slugSchema,
  /** The name in the archive when absent. */
  name: tenantNameSchema.optional(),
  /** Becomes an admin of the workspace, whether or not the archive knows this address. */
  adminEmail: emailSchema.optional(),
  /** Removes what an import under this slug left that was killed, and begins anew. */
  discardUnfinished: z.boolean().default(false),
});
export type ImportInput = z.output<typeof importInput>;

/** A line of memberships, as far as the import reads it. */
export const archivedMember = z.object({
  user_id: z.uuid(),
  role: z.enum(roles),
  user_email: emailSchema,
  user_name: z.string(),
});
export type ArchivedMember = z.infer<typeof archivedMember>;

/** How far an import is, in rows. The archive is read twice: to check it, and to load it. */
export type ImportProgress = { phase: 'check' | 'load'; rows: number; total: number | null };

/** What an import made. */
export type ImportedTenant = {
  id: string;
  slug: string;
  rows: number;
  people: number;
  /** Of the people, those who had no account here. */
  newPeople: number;
  admins: number;
};
