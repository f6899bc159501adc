import type { Metadata } from 'next';
import { DeletionPending } from '@/components/workspace/deletion-pending';
import { can } from '@/lib/auth/authorize';
import { urlOf } from '@/lib/gateway/hosts';
import { requireDeletingTenant } from '@/lib/tenancy/require-tenant';
import { getPendingDeletion } from '@/lib/workflows/deletion/queries';

export const metadata: Metadata = { title: 'About to be deleted' };

/** Where the gateway sends every page of a workspace whose deletion is pending. Its admins can keep it from here. */
export default async function DeletionPendingPage() {
  const { tenant, ctx } = await requireDeletingTenant();
  const deletion = ctx && can(ctx.actor, 'tenant:delete') ? await getPendingDeletion(ctx) : null;
  const back = encodeURIComponent(urlOf(tenant, '/'));
  return (
    <DeletionPending
      name={tenant.name}
      deletion={deletion}
      isMember={ctx !== null}
      signInUrl={urlOf('cloud', `/login?next=${back}`)}
      workspacesUrl={urlOf('cloud')}
    />
  );
}
