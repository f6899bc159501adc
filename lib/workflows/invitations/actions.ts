'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import {
  invitationInput,
  invited,
  invitedList,
  inviteInput,
  inviteListInput,
  resentInvitation,
  revokedInvitation,
} from './schema';

/** Invites an address into the signed-in admin's workspace. */
export const inviteMember = action(
  {
    name: 'invitations.invite',
    limit: 'caller',
    permission: 'members:invite',
    input: inviteInput,
    output: invited,
  },
  (ctx, input) => mutations.inviteMember(ctx, input),
);

/** Invites the addresses of a pasted list. */
export const inviteList = action(
  {
    name: 'invitations.invite-list',
    limit: 'caller',
    permission: 'members:invite',
    input: inviteListInput,
    output: invitedList,
  },
  (ctx, input) => mutations.inviteList(ctx, input),
);

/** Mails an invitation of the signed-in admin's workspace again. */
export const resendInvitation = action(
  {
    name: 'invitations.resend',
    limit: 'caller',
    permission: 'members:invite',
    input: invitationInput,
    output: resentInvitation,
  },
  (ctx, input) => mutations.resendInvitation(ctx, input),
);

/** Takes an invitation of the signed-in admin's workspace back. */
export const revokeInvitation = action(
  {
    name: 'invitations.revoke',
    limit: 'caller',
    permission: 'members:invite',
    input: invitationInput,
    output: revokedInvitation,
  },
  (ctx, input) => mutations.revokeInvitation(ctx, input),
);
