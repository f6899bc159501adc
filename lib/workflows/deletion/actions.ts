'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { cancelDeletionInput, cancelledDeletion, requestDeletionInput, requestedDeletion } from './schema';

/** Asks for the signed-in admin's workspace to be deleted. */
export const requestDeletion = action(
  {
    name: 'deletion.request',
    limit: 'caller',
    permission: 'tenant:delete',
    input: requestDeletionInput,
    output: requestedDeletion,
  },
  (ctx, input) => mutations.requestDeletion(ctx, input),
);

/** Keeps a workspace whose deletion is pending. The one action that works on such a workspace. */
export const cancelDeletion = action(
  {
    name: 'deletion.cancel',
    limit: 'caller',
    permission: 'tenant:delete',
    tenantStatus: 'deleting',
    input: cancelDeletionInput,
    output: cancelledDeletion,
  },
  (ctx) => mutations.cancelDeletion(ctx),
);
