import { endpoint } from '@/lib/http/endpoint';
import { inviteMember } from '@/lib/workflows/invitations/mutations';
import { listTenantUsers, toWireUser } from '@/lib/workflows/invitations/queries';
import { inviteInput, wireTenantUser, wireTenantUsers } from '@/lib/workflows/invitations/schema';

export const GET = endpoint({
  summary: 'List the people of the workspace',
  description:
    'Members, and those who were invited and can still accept. Needs a key with the scope `admin`, or a session.',
  tag: 'Workspace',
  route: '/api/v1/tenant/users',
  limit: 'caller',
  permission: 'members:read',
  response: wireTenantUsers,
  handler: async (ctx) => ({ users: await listTenantUsers(ctx) }),
});

export const POST = endpoint({
  summary: 'Invite a person into the workspace',
  description:
    'Mails an invitation that works for seven days: nobody becomes a member without accepting it. 403 `limit_exceeded` when the seats of the plan are taken, 409 `conflict` for a member or an open invitation, 429 with `Retry-After` after too many mails.',
  tag: 'Workspace',
  example: { email: 'ben@example.com', role: 'analyst' },
  route: '/api/v1/tenant/users',
  limit: 'caller',
  permission: 'members:invite',
  body: inviteInput,
  bodyLimit: 10_000,
  response: wireTenantUser,
  status: 201,
  handler: async (ctx, { body }) => toWireUser(await inviteMember(ctx, body)),
});
