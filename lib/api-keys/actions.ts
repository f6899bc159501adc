'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import {
  apiKeyRate,
  createApiKeyInput,
  createdApiKey,
  revokeApiKeyInput,
  revokedApiKey,
  setApiKeyRateInput,
} from './schema';

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

/** Keeps an API key of the signed-in admin's workspace below a rate, or takes that back. */
export const setApiKeyRate = action(
  {
    name: 'api-keys.set-rate',
    limit: 'caller',
    permission: 'api-keys:manage',
    input: setApiKeyRateInput,
    output: apiKeyRate,
  },
  (ctx, input) => mutations.setApiKeyRate(ctx, input),
);
