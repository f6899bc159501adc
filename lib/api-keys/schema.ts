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

export const revokeApiKeyInput = z.object({ id: z.uuid('expected the id of a key') });
export const revokedApiKey = z.object({ id: z.uuid() });
