import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { WorkspacePicker } from '@/components/auth/workspace-picker';
import { AuthLayout } from '@/components/shell/auth-layout';
import { listWaitingInvitations, listWorkspaces } from '@/lib/members/queries';
import { currentOperator } from '@/lib/tenancy/require-operator';
import { currentSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Workspaces' };

export default async function WorkspacesPage() {
  const session = await currentSession();
  if (!session) redirect('/login');
  const [workspaces, invitations, operator] = await Promise.all([
    listWorkspaces(session.userId),
    listWaitingInvitations(session.userId),
    currentOperator(),
  ]);
  return (
    <AuthLayout>
      <WorkspacePicker
        workspaces={workspaces}
        invitations={invitations}
        viewer={{ name: session.name, email: session.email }}
        signUpUrl="/signup"
        operatorUrl={operator && '/admin'}
      />
    </AuthLayout>
  );
}
