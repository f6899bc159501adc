import type { Metadata } from 'next';
import { WorkspaceSettings } from '@/components/workspace/workspace-settings';
import { can } from '@/lib/auth/authorize';
import { env } from '@/lib/env';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getWorkspace } from '@/lib/tenants/queries';
import { getSupportSetting } from '@/lib/workflows/support/queries';

export const metadata: Metadata = { title: 'Workspace' };

export default async function WorkspacePage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'tenant:update');
  const [workspace, support] = await Promise.all([getWorkspace(ctx), getSupportSetting(ctx)]);
  return (
    <WorkspaceSettings
      workspace={workspace}
      support={support.allowed}
      canDelete={can(ctx.actor, 'tenant:delete')}
      rootDomain={env().rootDomain}
    />
  );
}
