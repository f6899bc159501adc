'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { changedRole, changeRoleInput } from './schema';

/** Gives a member of the signed-in admin's workspace another role. */
export const changeRole = action(
  {
    name: 'members.change-role',
    limit: 'caller',
    permission: 'members:update',
    input: changeRoleInput,
    output: changedRole,
  },
  (ctx, input) => mutations.changeRole(ctx, input),
);
