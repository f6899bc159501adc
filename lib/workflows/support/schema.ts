import { z } from 'zod';
import { reasonSchema } from '@/lib/platform/schema';

const onTenant = z.object({ tenantId: z.uuid(), reason: reasonSchema });
export const enterInput = onTenant;
/** Where the browser goes; `expiresAt` is when the stay is over. */
export const entered = z.object({ url: z.url(), expiresAt: z.iso.datetime() });
export const allowWritingInput = onTenant;
export const allowedWriting = z.object({ writeUntil: z.iso.datetime() });

export const leaveInput = z.object({});
/** Where the operator came from. */
export const left = z.object({ url: z.url() });

export const setSupportInput = z.object({ allowed: z.boolean() });
export const supportSetting = z.object({ allowed: z.boolean() });
