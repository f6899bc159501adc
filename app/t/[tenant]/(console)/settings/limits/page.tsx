import type { Metadata } from 'next';
import { LimitsView } from '@/components/limits/limits-view';
import { can } from '@/lib/auth/authorize';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getRateUsage } from '@/lib/workflows/limits/queries';

export const metadata: Metadata = { title: 'Limits' };

export default async function LimitsPage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'usage:read');
  return <LimitsView usage={await getRateUsage(ctx)} canCap={can(ctx.actor, 'api-keys:manage')} />;
}
