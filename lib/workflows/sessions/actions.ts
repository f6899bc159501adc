'use server';

import { z } from 'zod';
import { publicAction } from '@/lib/http/action';
import { assertSession } from '@/lib/tenancy/require-tenant';
import * as mutations from './mutations';
import { nothing, revokeAllInput, revokeInput } from './schema';

/** Ends one of the signed-in person's sessions. */
export const revokeSession = publicAction(
  { name: 'sessions.revoke', limit: 'caller', input: revokeInput, output: nothing },
  async (input) => {
    await mutations.revokeOwnSession(await assertSession(), input);
    return {};
  },
);

/** Ends all of them. */
export const signOutEverywhere = publicAction(
  {
    name: 'sessions.revoke-all',
    limit: 'caller',
    input: revokeAllInput,
    output: z.object({ ended: z.number() }),
  },
  async (input) => mutations.signOutEverywhere(await assertSession(), input),
);
