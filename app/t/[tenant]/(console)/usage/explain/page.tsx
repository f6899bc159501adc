import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ExplainView } from '@/components/usage/explain-view';
import { explainQuery } from '@/lib/metering/schema';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { findExplanation } from '@/lib/workflows/usage-report/queries';

export const metadata: Metadata = { title: 'An hour of usage' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function ExplainPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'usage:read');
  const query = explainQuery.safeParse(await searchParams);
  const explanation = query.success ? await findExplanation(ctx, query.data) : null;
  if (!explanation) notFound();
  return <ExplainView explanation={explanation} tracesPath="/traces" />;
}
