'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { leaveWorkspaceInput, leftWorkspace, removedMember, removeMemberInput } from './schema';

/** Takes a person out of the signed-in admin's workspace. */
export const removeMember = action(
  {
    name: 'members.remove',
    limit: 'caller',
    permission: 'members:remove',
    input: removeMemberInput,
    output: removedMember,
  },
  (ctx, input) => mutations.removeMember(ctx, input),
);

/** Takes the signed-in person out of the workspace. */
export const leaveWorkspace = action(
  {
    name: 'members.leave',
    limit: 'caller',
    permission: 'members:read',
    input: leaveWorkspaceInput,
    output: leftWorkspace,
  },
  (ctx) => mutations.leaveWorkspace(ctx),
);
