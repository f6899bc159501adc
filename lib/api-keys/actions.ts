'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import {
  apiKeyRate,
  createApiKeyInput,
  createdApiKey,
  renameApiKeyInput,
  renamedApiKey,
  revokeApiKeyInput,
  revokedApiKey,
  rotateApiKeyInput,
  serviceKey,
  setApiKeyRateInput,
  setServiceInput,
} from './schema';

/** Makes an API key for the signed-in person's workspace. */
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

/** Renames an API key of the signed-in person's workspace. */
export const renameApiKey = action(
  {
    name: 'api-keys.rename',
    limit: 'caller',
    permission: 'api-keys:update',
    input: renameApiKeyInput,
    output: renamedApiKey,
  },
  (ctx, input) => mutations.renameApiKey(ctx, input),
);

/** Makes a key in the place of another of the signed-in person's workspace. */
export const rotateApiKey = action(
  {
    name: 'api-keys.rotate',
    limit: 'caller',
    permission: 'api-keys:update',
    input: rotateApiKeyInput,
    output: createdApiKey,
  },
  (ctx, input) => mutations.rotateApiKey(ctx, input),
);

/** Revokes an API key of the signed-in person's workspace. */
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

/** Makes a key of the signed-in admin's workspace a service key, or its creator's again. */
export const setServiceKey = action(
  {
    name: 'api-keys.set-service',
    limit: 'caller',
    permission: 'api-keys:manage',
    input: setServiceInput,
    output: serviceKey,
  },
  (ctx, input) => mutations.setServiceKey(ctx, input),
);
