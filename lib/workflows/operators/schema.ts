import { z } from 'zod';
import { emailSchema } from '@/lib/auth/schema';
import { reasonSchema } from '@/lib/platform/schema';
import { toStorable } from '@/lib/text';

/** A person who runs the platform. Times are ISO 8601 in UTC. */
export const operatorRow = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  /** Named by OPERATOR_EMAILS: cannot be removed here. */
  isNamed: z.boolean(),
  isDisabled: z.boolean(),
  lastSeenAt: z.iso.datetime().nullable(),
});
export type OperatorRow = z.infer<typeof operatorRow>;
export const operatorList = z.object({ operators: z.array(operatorRow) });

export const addOperatorInput = z.object({ email: emailSchema, reason: reasonSchema });
export const addedOperator = z.object({ userId: z.uuid(), email: z.string() });
export const removeOperatorInput = z.object({ userId: z.uuid(), reason: reasonSchema });
/** Keys of theirs that are revoked with it. */
export const removedOperator = z.object({ keysRevoked: z.number() });

/** How long a key may live, in days; null is until it is revoked. */
export const keyLifetimes = [30, 90, 365, null] as const;

/** An operator key, without its secret. */
export const operatorKeyRow = z.object({
  id: z.uuid(),
  name: z.string(),
  createdBy: z.string().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
  state: z.enum(['live', 'expired', 'revoked']),
});
export type OperatorKeyRow = z.infer<typeof operatorKeyRow>;
export const operatorKeyList = z.object({ keys: z.array(operatorKeyRow) });

export const createOperatorKeyInput = z.object({
  name: z
    .string()
    .overwrite(toStorable)
    .trim()
    .min(1, 'Say what the key is for.')
    .max(80, 'At most 80 characters.'),
  expiresInDays: z.union(
    [z.literal(30), z.literal(90), z.literal(365), z.null()],
    'Choose 30, 90 or 365 days, or null for no end.',
  ),
  reason: reasonSchema,
});
export type CreateOperatorKeyInput = z.output<typeof createOperatorKeyInput>;
/** A new key, shown this once. */
export const createdOperatorKey = z.object({ id: z.uuid(), name: z.string(), key: z.string() });
export const revokeOperatorKeyInput = z.object({ id: z.uuid(), reason: reasonSchema });
