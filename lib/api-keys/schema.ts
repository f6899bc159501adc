import { z } from 'zod';

/** What a key may do. Each scope is one permission of lib/auth/permissions.ts. */
export const apiKeyScopes = ['traces:write', 'traces:read'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

export const createApiKeyInput = z.object({
  name: z.string().trim().min(1, 'Give the key a name.').max(80, 'At most 80 characters.'),
});
export type CreateApiKeyInput = z.input<typeof createApiKeyInput>;

/** The answer to a creation: the only time the key itself is shown. */
export const createdApiKey = z.object({ id: z.uuid(), name: z.string(), key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKey>;
