import type { Metadata } from 'next';
import { TenantsView } from '@/components/operator/tenants-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { listTenants } from '@/lib/workflows/tenant-directory/queries';
import { tenantSearch } from '@/lib/workflows/tenant-directory/schema';

export const metadata: Metadata = { title: 'Tenants' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function TenantsPage({ searchParams }: Props) {
  const ctx = await requireOperator();
  const filter = tenantSearch.parse(await searchParams);
  return <TenantsView page={await listTenants(ctx, filter)} filter={filter} />;
}
