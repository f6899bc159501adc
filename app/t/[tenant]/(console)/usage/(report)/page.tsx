import type { Metadata } from 'next';
import { UsageView } from '@/components/usage/usage-view';
import { can } from '@/lib/auth/authorize';
import { urlOf } from '@/lib/gateway/hosts';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getUsageReport } from '@/lib/workflows/usage-report/queries';
import { usageFilter } from '@/lib/workflows/usage-report/schema';

export const metadata: Metadata = { title: 'Usage' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function UsagePage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'usage:read');
  const report = await getUsageReport(ctx, usageFilter.parse(await searchParams));
  return (
    <UsageView report={report} canCap={can(ctx.actor, 'usage:cap')} plansUrl={urlOf('site', '/#plans')} />
  );
}
