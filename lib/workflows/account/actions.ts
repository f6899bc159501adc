'use server';

import { publicAction } from '@/lib/http/action';
import { assertSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { renamed, renameInput } from './schema';

/** Changes the signed-in person's name. */
export const renamePerson = publicAction(
  { name: 'account.rename', limit: 'caller', input: renameInput, output: renamed },
  async (input) => mutations.renamePerson(await assertSession(), input),
);
