'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { createApiKeyInput, createdApiKey } from './schema';

/** Makes an API key for the signed-in admin's workspace. */
export const createApiKey = action(
  { name: 'api-keys.create', permission: 'api-keys:create', input: createApiKeyInput, output: createdApiKey },
  (ctx, input) => mutations.createApiKey(ctx, input),
);
