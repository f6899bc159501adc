import { z } from 'zod';

/** The typed slug is compared, not judged: whatever is not the workspace's own is refused. */
export const requestDeletionInput = z.object({ slug: z.string().trim().toLowerCase().max(100) });
/** When the data will be erased; ISO 8601 in UTC. */
export const requestedDeletion = z.object({ deleteAfter: z.iso.datetime() });

export const cancelDeletionInput = z.object({});
export const cancelledDeletion = z.object({ url: z.url() });

/** A deletion that has been asked for. `requestedBy` is an e-mail address; null when the system or somebody gone asked. */
export const pendingDeletion = z.object({
  requestedAt: z.iso.datetime().nullable(),
  requestedBy: z.string().nullable(),
  deleteAfter: z.iso.datetime(),
  /** False once the days of grace are over: the erasure has begun or will within a minute. */
  canCancel: z.boolean(),
});
export type PendingDeletion = z.infer<typeof pendingDeletion>;
