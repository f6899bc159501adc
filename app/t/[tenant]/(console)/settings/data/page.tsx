import type { Metadata } from 'next';
import { DataExportView } from '@/components/data-export/data-export-view';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { getExportStatus, listExportedTables } from '@/lib/workflows/export/queries';

export const metadata: Metadata = { title: 'Export' };

export default async function DataPage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'tenant:export');
  const [tables, status] = await Promise.all([listExportedTables(ctx), getExportStatus(ctx)]);
  return <DataExportView tables={tables} status={status} />;
}
