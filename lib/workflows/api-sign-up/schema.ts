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

export const confirmWorkspaceInput = z.object({ tenantId: z.uuid() });
/** Where the browser goes next: the workspace's console. */
export const confirmedWorkspace = z.object({ url: z.url() });
