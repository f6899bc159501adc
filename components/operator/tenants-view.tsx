import { DownloadIcon } from 'lucide-react';
import Link from 'next/link';
import { formatBytes, formatCents, formatCount } from '@/components/data/format';
import { RelativeTime } from '@/components/data/relative-time';
import { CreateTenant } from '@/components/operator/create-tenant';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { FilterChoice, FilterDays, FilterForm, FilterText } from '@/components/operator/filter-form';
import { toHref } from '@/components/operator/list-href';
import { Nothing, PageHead } from '@/components/operator/page-head';
import { Pager } from '@/components/operator/pager';
import { StatusBadge } from '@/components/operator/status-badge';
import { Button } from '@/components/ui/button';
import {
  planChoices,
  type TenantFilter,
  type TenantListPage,
  type TenantListRow,
  tenantFlags,
  tenantStatuses,
} from '@/lib/workflows/tenant-directory/schema';

const PATH = '/admin/tenants';

const columns: readonly DataColumn<TenantListRow>[] = [
  {
    label: 'Tenant',
    cell: ({ id, name, slug }) => (
      <Link
        href={`${PATH}/${id}`}
        prefetch={false}
        className="block max-w-52 min-w-0 hover:underline md:max-w-44 xl:max-w-64"
      >
        <span className="block truncate text-sm font-medium">{name}</span>
        <span className="block truncate text-xs text-muted-foreground">{slug}</span>
      </Link>
    ),
  },
  { label: 'Plan', cell: ({ plan }) => <span className="capitalize">{plan}</span> },
  { label: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { label: 'Members', align: 'right', cell: ({ members }) => formatCount(members) },
  { label: 'Today', align: 'right', cell: (row) => formatCount(row.traces_today) },
  { label: 'Month', align: 'right', cell: (row) => formatCount(row.traces_month) },
  {
    label: 'Rate',
    align: 'right',
    cell: ({ rate_now }) =>
      `${rate_now < 10 && rate_now > 0 ? rate_now.toFixed(1) : formatCount(rate_now)}/s`,
  },
  {
    label: '429s',
    align: 'right',
    cell: (row) => (
      <span className={row.limited_24h > 0 ? 'text-destructive' : ''}>{formatCount(row.limited_24h)}</span>
    ),
  },
  { label: 'Storage', align: 'right', cell: (row) => formatBytes(row.storage_bytes) },
  {
    label: 'Billing',
    cell: ({ billing }) => (
      <span className={/past_due|unpaid/.test(billing) ? 'text-destructive' : ''}>
        {billing === 'none' ? '–' : billing.replaceAll('_', ' ')}
      </span>
    ),
  },
  { label: 'A month', align: 'right', cell: (row) => formatCents(row.revenue_month) },
  {
    label: 'Last activity',
    cell: (row) =>
      row.last_activity_at ? (
        <RelativeTime iso={row.last_activity_at} />
      ) : (
        <span className="text-muted-foreground">never</span>
      ),
  },
];

/** All tenants, the newest first, with filters in the address and a download of what they show. */
export function TenantsView({
  page: { tenants, total, nextCursor },
  filter: { cursor, ...filter },
}: {
  page: TenantListPage;
  filter: TenantFilter & { cursor?: string | undefined };
}) {
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <>
      <PageHead
        title="Tenants"
        actions={
          <>
            <Button asChild variant="outline" size="sm">
              <a href={toHref('/api/v1/admin/tenants/csv', filter)} download>
                <DownloadIcon aria-hidden="true" />
                CSV
              </a>
            </Button>
            <CreateTenant />
          </>
        }
      >
        Every workspace, the newest first. Days and months are those of UTC; what a month brings is without
        usage.
      </PageHead>
      <FilterForm path={PATH} isFiltered={isFiltered}>
        <FilterText name="q" label="Name, address, member or id" value={filter.q} />
        <FilterChoice name="plan" label="Plan" value={filter.plan} all="Every plan" options={planChoices} />
        <FilterChoice
          name="status"
          label="Status"
          value={filter.status}
          all="Every status"
          options={tenantStatuses.map((value) => ({ value, label: value }))}
        />
        <FilterChoice
          name="flag"
          label="What is the matter"
          value={filter.flag}
          all="Anything"
          options={Object.entries(tenantFlags).map(([value, label]) => ({ value, label }))}
        />
        <FilterDays label="Signed up" from={filter.from} to={filter.to} />
      </FilterForm>
      <div className="overflow-hidden rounded-lg border bg-card">
        {tenants.length > 0 ? (
          <DataTable label="Tenants" columns={columns} rows={tenants} keyOf={({ id }) => id} />
        ) : (
          <Nothing
            action={
              isFiltered ? (
                <Button asChild variant="outline" size="sm">
                  <Link href={PATH} prefetch={false}>
                    Clear filters
                  </Link>
                </Button>
              ) : (
                <CreateTenant />
              )
            }
          >
            {isFiltered ? 'No tenant fits these filters.' : 'No tenant yet.'}
          </Nothing>
        )}
      </div>
      <Pager
        label="Pages of tenants"
        firstHref={cursor ? toHref(PATH, filter) : null}
        nextHref={nextCursor ? toHref(PATH, { ...filter, cursor: nextCursor }) : null}
        note={`${formatCount(tenants.length)} of ${formatCount(total)}`}
      />
    </>
  );
}
