import type { Metadata } from 'next';
import { InvitationCard } from '@/components/invitations/invitation-card';
import { AuthLayout } from '@/components/shell/auth-layout';
import { currentSession } from '@/lib/tenancy/require-tenant';
import { openInvitation } from '@/lib/workflows/invitation-acceptance/queries';

export const metadata: Metadata = { title: 'Invitation' };

/** Where the mail leads that invites somebody. Following the link alone accepts nothing: mailboxes do it too. */
export default async function AcceptPage({
  searchParams,
}: {
  searchParams: Promise<{ token?: string | string[] }>;
}) {
  const { token } = await searchParams;
  const [opened, session] = await Promise.all([openInvitation(token), currentSession()]);
  return (
    <AuthLayout>
      <InvitationCard opened={opened} by={{ token: String(token) }} viewer={session} />
    </AuthLayout>
  );
}
