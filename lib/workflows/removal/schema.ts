import { z } from 'zod';

export const removeMemberInput = z.object({ userId: z.uuid('expected the id of a member') });
export const removedMember = z.object({ userId: z.uuid() });

export const leaveWorkspaceInput = z.object({});
/** Where the browser goes next: the person's other workspaces. */
export const leftWorkspace = z.object({ url: z.url() });
