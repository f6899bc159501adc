import type { Metadata } from 'next';
import { AuditView } from '@/components/audit/audit-view';
import { can } from '@/lib/auth/authorize';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { listAuditChoices, listAuditEntries } from '@/lib/workflows/audit-log/queries';
import { auditSearch } from '@/lib/workflows/audit-log/schema';

export const metadata: Metadata = { title: 'Audit log' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function AuditPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'audit:read');
  const filter = auditSearch.parse(await searchParams);
  const [page, choices] = await Promise.all([listAuditEntries(ctx, filter), listAuditChoices(ctx)]);
  return (
    <AuditView
      page={page}
      filter={filter}
      choices={choices}
      canExport={can(ctx.actor, 'audit:export')}
      basePath="/settings/audit"
    />
  );
}
