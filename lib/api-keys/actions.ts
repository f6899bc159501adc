'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import {
  createApiKeyInput,
  createdApiKey,
  renameApiKeyInput,
  renamedApiKey,
  revokeApiKeyInput,
  revokedApiKey,
  rotateApiKeyInput,
  serviceKey,
  setServiceInput,
} from './schema';

/** Makes an API key for the signed-in person's workspace. */
export const createApiKey = action(
  { name: 'api-keys.create', permission: 'api-keys:create', input: createApiKeyInput, output: createdApiKey },
  (ctx, input) => mutations.createApiKey(ctx, input),
);

/** Renames an API key of the signed-in person's workspace. */
export const renameApiKey = action(
  { name: 'api-keys.rename', permission: 'api-keys:update', input: renameApiKeyInput, output: renamedApiKey },
  (ctx, input) => mutations.renameApiKey(ctx, input),
);

/** Makes a key in the place of another of the signed-in person's workspace. */
export const rotateApiKey = action(
  { name: 'api-keys.rotate', permission: 'api-keys:update', input: rotateApiKeyInput, output: createdApiKey },
  (ctx, input) => mutations.rotateApiKey(ctx, input),
);

/** Revokes an API key of the signed-in person's workspace. */
export const revokeApiKey = action(
  { name: 'api-keys.revoke', permission: 'api-keys:update', input: revokeApiKeyInput, output: revokedApiKey },
  (ctx, input) => mutations.revokeApiKey(ctx, input),
);

/** Makes a key of the signed-in admin's workspace a service key, or its creator's again. */
export const setServiceKey = action(
  { name: 'api-keys.set-service', permission: 'api-keys:manage', input: setServiceInput, output: serviceKey },
  (ctx, input) => mutations.setServiceKey(ctx, input),
);
