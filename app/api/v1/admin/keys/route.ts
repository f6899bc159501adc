import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { createOperatorKey } from '@/lib/workflows/operators/mutations';
import { listOperatorKeys } from '@/lib/workflows/operators/queries';
import {
  createdOperatorKey,
  createOperatorKeyInput,
  operatorKeyList,
} from '@/lib/workflows/operators/schema';

export const GET = operatorEndpoint({
  summary: 'List operator keys',
  description: 'The newest first; never their secrets.',
  route: '/api/v1/admin/keys',
  response: operatorKeyList,
  handler: async (ctx) => ({ keys: await listOperatorKeys(ctx) }),
});

export const POST = operatorEndpoint({
  summary: 'Make an operator key',
  description:
    'For an operator signed in at cloud: a key makes no other (403 `forbidden`). `key` is in this answer and nowhere else.',
  example: { name: 'Nightly report', expiresInDays: 90, reason: 'reads the list of tenants' },
  route: '/api/v1/admin/keys',
  body: createOperatorKeyInput,
  response: createdOperatorKey,
  status: 201,
  handler: (ctx, { body }) => createOperatorKey(ctx, body),
});
