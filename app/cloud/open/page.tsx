import { redirect } from 'next/navigation';
import { listWorkspaces } from '@/lib/members/queries';
import { currentSession } from '@/lib/tenancy/require-tenant';

/** Where a sign-in at cloud leads: straight into the only workspace, otherwise to the picker. */
export default async function OpenPage() {
  const session = await currentSession();
  if (!session) redirect('/login');
  const workspaces = await listWorkspaces(session.userId);
  redirect(workspaces.length === 1 && workspaces[0] ? workspaces[0].url : '/');
}
