import type { Metadata } from 'next';
import { MembersView } from '@/components/members/members-view';
import { can } from '@/lib/auth/authorize';
import { urlOf } from '@/lib/gateway/hosts';
import { listMembers } from '@/lib/members/queries';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getInvitingState } from '@/lib/workflows/invitations/queries';

export const metadata: Metadata = { title: 'Members' };

export default async function MembersPage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'members:read');
  const [members, inviting] = await Promise.all([listMembers(ctx), getInvitingState(ctx)]);
  return (
    <MembersView
      members={members}
      inviting={inviting}
      selfId={ctx.actor.userId}
      workspace={ctx.tenant.name}
      may={{
        invite: can(ctx.actor, 'members:invite'),
        changeRoles: can(ctx.actor, 'members:update'),
        remove: can(ctx.actor, 'members:remove'),
      }}
      plansUrl={urlOf('site', '/#plans')}
      accountUrl={urlOf('cloud', '/account')}
    />
  );
}
