import type { Metadata } from 'next';
import { BillingView } from '@/components/operator/billing-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { getBillingOverview } from '@/lib/workflows/billing-operations/queries';
import { eventSearch } from '@/lib/workflows/billing-operations/schema';

export const metadata: Metadata = { title: 'Billing' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function BillingPage({ searchParams }: Props) {
  const ctx = await requireOperator();
  const filter = eventSearch.parse(await searchParams);
  return <BillingView overview={await getBillingOverview(ctx, filter)} filter={filter} />;
}
