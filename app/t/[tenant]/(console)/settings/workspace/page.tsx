import type { Metadata } from 'next';
import { WorkspaceSettings } from '@/components/workspace/workspace-settings';
import { can } from '@/lib/auth/authorize';
import { env } from '@/lib/env';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getWorkspace } from '@/lib/tenants/queries';

export const metadata: Metadata = { title: 'Workspace' };

export default async function WorkspacePage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'tenant:update');
  return (
    <WorkspaceSettings
      workspace={await getWorkspace(ctx)}
      canDelete={can(ctx.actor, 'tenant:delete')}
      rootDomain={env().rootDomain}
    />
  );
}
