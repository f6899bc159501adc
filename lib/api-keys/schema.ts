import { z } from 'zod';
import { toStorable } from '@/lib/text';

/** What a key may do. Each scope is one permission of lib/auth/permissions.ts. */
export const apiKeyScopes = ['traces:write', 'traces:read'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export const createApiKeyInput = z.object({
  name: z
    .string()
    .overwrite(toStorable)
    .trim()
    .min(1, 'Give the key a name.')
    .max(80, 'At most 80 characters.'),
});
export type CreateApiKeyInput = z.input<typeof createApiKeyInput>;

/** The answer to a creation: the only time the key itself is shown. */
export const createdApiKey = z.object({ id: z.uuid(), name: z.string(), key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;

/** A key in the list: never its secret. Times are ISO 8601 in UTC. */
export const apiKeyRow = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.iso.datetime(),
  /** Who made it; null when they are gone or the system did. */
  createdBy: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ApiKeyRow = z.infer<typeof apiKeyRow>;

/** Requests a second that a key may make at most; null takes the cap away. */
export const setApiKeyRateInput = z.object({
  id: z.uuid('expected the id of a key'),
  perSecond: z
    .number('Use a whole number from 1, or leave it empty for no limit.')
    .int('Use a whole number.')
    .min(1, 'Use at least 1, or leave it empty for no limit.')
    .max(100_000, 'Use at most 100,000.')
    .nullable(),
});
export type SetApiKeyRateInput = z.input<typeof setApiKeyRateInput>;
export const apiKeyRate = z.object({ id: z.uuid(), perSecond: z.number().nullable() });

export const revokeApiKeyInput = z.object({ id: z.uuid('expected the id of a key') });
export const revokedApiKey = z.object({ id: z.uuid() });
