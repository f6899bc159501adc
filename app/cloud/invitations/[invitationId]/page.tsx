import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { InvitationCard } from '@/components/invitations/invitation-card';
import { AuthLayout } from '@/components/shell/auth-layout';
import { currentSession } from '@/lib/tenancy/require-tenant';
import { openOwnInvitation } from '@/lib/workflows/invitation-acceptance/queries';

export const metadata: Metadata = { title: 'Invitation' };

/** An invitation for the signed-in person's own, confirmed address, as the list of their workspaces names it. */
export default async function InvitationPage({ params }: { params: Promise<{ invitationId: string }> }) {
  const { invitationId } = await params;
  const session = await currentSession();
  if (!session) redirect(`/login?next=${encodeURIComponent(`/invitations/${invitationId}`)}`);
  return (
    <AuthLayout>
      <InvitationCard
        opened={await openOwnInvitation(session, invitationId)}
        by={{ id: invitationId }}
        viewer={session}
      />
    </AuthLayout>
  );
}
