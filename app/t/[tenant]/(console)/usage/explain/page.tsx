import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ExplainView } from '@/components/usage/explain-view';
import { explainUsage } from '@/lib/metering/queries';
import { explainQuery } from '@/lib/metering/schema';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'An hour of usage' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function ExplainPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'usage:read');
  const query = explainQuery.safeParse(await searchParams);
  if (!query.success) notFound();
  return <ExplainView explanation={await explainUsage(ctx, query.data)} tracesPath="/traces" />;
}
