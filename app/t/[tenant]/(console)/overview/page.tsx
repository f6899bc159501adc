import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { OverviewView } from '@/components/overview/overview-view';
import { findLegacyKey } from '@/lib/api-keys/queries';
import { can } from '@/lib/auth/authorize';
import { getOverview } from '@/lib/stats/queries';
import { overviewFilterSchema } from '@/lib/stats/schema';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { hasTraces } from '@/lib/traces/queries';

export const metadata: Metadata = { title: 'Overview' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function OverviewPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'traces:read');
  const overview = await getOverview(ctx, overviewFilterSchema.parse(await searchParams));
  if (overview.totals.traces === 0 && !(await hasTraces(ctx))) redirect('/traces'); // the first steps
  return (
    <OverviewView
      overview={overview}
      basePath="/traces"
      overviewPath="/overview"
      legacyKey={can(ctx.actor, 'api-keys:read') ? await findLegacyKey(ctx) : null}
      keysHref="/settings/api-keys"
    />
  );
}
