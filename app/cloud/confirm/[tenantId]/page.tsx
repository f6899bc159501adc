import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AuthLayout } from '@/components/shell/auth-layout';
import { ConfirmWorkspace, NothingToConfirm } from '@/components/workspace/confirm-workspace';
import { hostOf } from '@/lib/gateway/hosts';
import { currentSession } from '@/lib/tenancy/require-tenant';
import { findUnconfirmedTenant } from '@/lib/workflows/api-sign-up/queries';

export const metadata: Metadata = { title: 'Confirm a workspace' };

/** Where the mail leads that asks somebody whether a workspace is theirs. Following the link alone confirms nothing. */
export default async function ConfirmPage({ params }: { params: Promise<{ tenantId: string }> }) {
  const { tenantId } = await params;
  const session = await currentSession();
  if (!session) redirect(`/login?next=${encodeURIComponent(`/confirm/${tenantId}`)}`);
  const tenant = await findUnconfirmedTenant(session.userId, tenantId);
  return (
    <AuthLayout>
      {tenant ? (
        <ConfirmWorkspace id={tenant.id} name={tenant.name} host={hostOf(tenant)} viewer={session} />
      ) : (
        <NothingToConfirm workspacesUrl="/" />
      )}
    </AuthLayout>
  );
}
