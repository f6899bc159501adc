import { z } from 'zod';
import { slugSchema, tenantNameSchema } from '@/lib/tenants/schema';

/** What a signed-in person gives to get a further workspace. */
export const newWorkspaceInput = z.object({ tenantName: tenantNameSchema, slug: slugSchema });
export type NewWorkspace = z.output<typeof newWorkspaceInput>;

/** Where the browser goes next: the new tenant's console, on its own host. */
export const newWorkspaceResult = z.object({ consoleUrl: z.url() });
