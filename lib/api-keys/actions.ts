'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { createApiKeyInput, createdApiKey, revokeApiKeyInput, revokedApiKey } from './schema';

/** Makes an API key for the signed-in admin's workspace. */
export const createApiKey = action(
  {
    name: 'api-keys.create',
    limit: 'caller',
    permission: 'api-keys:create',
    input: createApiKeyInput,
    output: createdApiKey,
  },
  (ctx, input) => mutations.createApiKey(ctx, input),
);

/** Revokes an API key of the signed-in admin's workspace. */
export const revokeApiKey = action(
  {
    name: 'api-keys.revoke',
    limit: 'caller',
    permission: 'api-keys:update',
    input: revokeApiKeyInput,
    output: revokedApiKey,
  },
  (ctx, input) => mutations.revokeApiKey(ctx, input),
);
