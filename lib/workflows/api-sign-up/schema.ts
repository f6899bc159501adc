import { z } from 'zod';
import { emailSchema } from '@/lib/auth/schema';
import { slugSchema, tenantNameSchema } from '@/lib/tenants/schema';

/** What a client sends to make a workspace for somebody. */
export const apiSignUpBody = z.object({
  slug: slugSchema,
  name: tenantNameSchema,
  admin_email: emailSchema,
});
export type ApiSignUp = z.output<typeof apiSignUpBody>;

/** The new workspace. The same for an address that has an account and for one that has none. */
export const wireTenant = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'deleting']),
  plan: z.string(),
  created_at: z.iso.datetime(),
});
export type WireTenant = z.infer<typeof wireTenant>;

export const confirmWorkspaceInput = z.object({ tenantId: z.uuid() });
/** Where the browser goes next: the workspace's console. */
export const confirmedWorkspace = z.object({ url: z.url() });
