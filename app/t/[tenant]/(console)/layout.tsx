import type { ReactNode } from 'react';
import { TenantShell } from '@/components/shell/tenant-shell';
import { urlOf } from '@/lib/gateway/hosts';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export default async function ConsoleLayout({
  params,
  children,
}: {
  params: Promise<{ tenant: string }>;
  children: ReactNode;
}) {
  const { tenant, actor } = await requireTenant(params, 'traces:read');
  return (
    <TenantShell
      tenant={tenant}
      viewer={actor}
      role={actor.role}
      nav={[{ href: '/traces', label: 'Traces', icon: 'traces' }]}
      workspacesUrl={urlOf('cloud')}
    >
      {children}
    </TenantShell>
  );
}
