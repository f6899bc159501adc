import type { Metadata } from 'next';
import { ApiKeysView } from '@/components/api-keys/api-keys-view';
import { findLegacyKey, listApiKeys } from '@/lib/api-keys/queries';
import { can } from '@/lib/auth/authorize';
import { env } from '@/lib/env';
import { hostOf } from '@/lib/gateway/hosts';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'API keys' };

export default async function ApiKeysPage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'api-keys:read');
  return (
    <ApiKeysView
      keys={await listApiKeys(ctx)}
      legacyKey={await findLegacyKey(ctx)}
      role={ctx.actor.role}
      canCreate={can(ctx.actor, 'api-keys:create')}
      canManage={can(ctx.actor, 'api-keys:manage')}
      host={hostOf(ctx.tenant)}
      scheme={env().scheme}
    />
  );
}
