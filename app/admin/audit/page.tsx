import type { Metadata } from 'next';
import { PlatformAuditView } from '@/components/operator/platform-audit-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { listPlatformAudit } from '@/lib/workflows/platform-audit/queries';
import { platformAuditSearch } from '@/lib/workflows/platform-audit/schema';

export const metadata: Metadata = { title: 'Audit log' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function PlatformAuditPage({ searchParams }: Props) {
  const ctx = await requireOperator();
  const filter = platformAuditSearch.parse(await searchParams);
  return <PlatformAuditView page={await listPlatformAudit(ctx, filter)} filter={filter} />;
}
