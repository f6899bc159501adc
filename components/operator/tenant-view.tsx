import { CircleCheckIcon, CircleXIcon, ExternalLinkIcon } from 'lucide-react';
import Link from 'next/link';
import { AuditEntry } from '@/components/audit/audit-entry';
import { BarChart } from '@/components/charts/bar-chart';
import { formatBytes, formatCents, formatCount, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';
import { RateChart } from '@/components/limits/rate-chart';
import { Since } from '@/components/operator/amounts';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { StatusBadge } from '@/components/operator/status-badge';
import {
  AmountsActions,
  CheckIsolation,
  RateActions,
  TenantActions,
} from '@/components/operator/tenant-actions';
import { TenantBilling } from '@/components/operator/tenant-billing';
import { Badge } from '@/components/ui/badge';
import type { AuditPage } from '@/lib/workflows/audit-log/schema';
import type { TenantBilling as Billing } from '@/lib/workflows/billing-operations/schema';
import type { RateUsage } from '@/lib/workflows/limits/schema';
import { includedIn } from '@/lib/workflows/tenant-operations/rules';
import type { TenantDetail } from '@/lib/workflows/tenant-operations/schema';

const HOUR_MS = 3_600_000;

type Stay = { expiresAt: string; writeUntil: string | null };

const memberColumns: readonly DataColumn<TenantDetail['members'][number]>[] = [
  {
    label: 'Person',
    cell: (member) => (
      <Link
        href={`/admin/people/${member.user_id}`}
        prefetch={false}
        className="block min-w-0 hover:underline"
      >
        <span className="block truncate font-medium">{member.name}</span>
        <span className="block truncate text-xs text-muted-foreground">{member.email}</span>
      </Link>
    ),
  },
  {
    label: 'Role',
    cell: (member) => (
      <>
        <span className="capitalize">{member.role}</span>
        {member.is_disabled && (
          <Badge variant="destructive" className="ml-2">
            disabled
          </Badge>
        )}
      </>
    ),
  },
  { label: 'Last active', cell: (member) => <Since iso={member.last_active_at} /> },
];

const keyColumns: readonly DataColumn<TenantDetail['keys'][number]>[] = [
  {
    label: 'Key',
    cell: (key) => (
      <>
        <span className="block max-w-64 truncate font-medium">{key.name}</span>
        <span className="block max-w-64 truncate text-xs text-muted-foreground">
          {key.is_service ? 'service key' : (key.created_by ?? 'maker is gone')}
        </span>
      </>
    ),
  },
  { label: 'State', cell: ({ state, kind }) => (kind === 'publish' ? `${state}, publish` : state) },
  { label: 'Scopes', cell: ({ scopes }) => scopes.join(', '), className: 'whitespace-normal' },
  { label: 'Last used', cell: (key) => <Since iso={key.last_used_at} /> },
];

const errorColumns: readonly DataColumn<TenantDetail['errors'][number]>[] = [
  { label: 'When', cell: ({ at }) => <RelativeTime iso={at} /> },
  { label: 'Code', cell: ({ code }) => <code className="text-xs">{code}</code> },
  { label: 'Key', cell: ({ key }) => key ?? 'gone' },
  {
    label: 'What is wrong',
    cell: ({ detail }) => detail || '–',
    className: 'whitespace-normal wrap-anywhere',
  },
  { label: 'Request', cell: (error) => <code className="text-xs">{error.request_id}</code> },
];

const supportColumns: readonly DataColumn<TenantDetail['support'][number]>[] = [
  { label: 'Who', cell: ({ by }) => by },
  { label: 'When', cell: (stay) => <RelativeTime iso={stay.started_at} /> },
  { label: 'Why', cell: ({ reason }) => reason, className: 'whitespace-normal wrap-anywhere' },
  {
    label: 'Changes',
    cell: (stay) => stay.write_reason ?? 'none',
    className: 'whitespace-normal wrap-anywhere',
  },
  { label: 'State', cell: (stay) => (stay.is_open ? 'open' : 'over') },
];

const tableColumns: readonly DataColumn<TenantDetail['schema']['tables'][number]>[] = [
  { label: 'Table', cell: ({ name }) => <code className="text-xs">{name}</code> },
  { label: 'Rows, about', align: 'right', cell: ({ rows }) => (rows === null ? '–' : formatCount(rows)) },
  { label: 'On disk', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
];

/** Everything about one tenant on one page, and what can be done to it. */
export function TenantView({
  tenant,
  rate,
  audit,
  billing,
  stay,
}: {
  tenant: TenantDetail;
  rate: RateUsage;
  audit: AuditPage;
  billing: Billing;
  /** The operator's own stay in its console. */
  stay: Stay | null;
}) {
  const liveKeys = tenant.keys.filter(({ state }) => state === 'live').length;
  const shown = { ...tenant, members: tenant.members.length, liveKeys };
  return (
    <>
      <PageHead title={tenant.name} actions={<TenantActions tenant={shown} hasStay={stay !== null} />}>
        <span className="num flex flex-wrap items-center gap-x-3 gap-y-1">
          <a href={tenant.url} className="inline-flex items-center gap-1 text-primary hover:underline">
            {new URL(tenant.url).host}
            <ExternalLinkIcon aria-hidden="true" className="size-3.5" />
          </a>
          <StatusBadge status={tenant.status} />
          <Badge variant="secondary" className="capitalize">
            {tenant.plan}
          </Badge>
          <span>
            since <LocalTime iso={tenant.created_at} style="full" />
          </span>
          <code className="text-xs">{tenant.id}</code>
        </span>
      </PageHead>
      <Notices tenant={tenant} stay={stay} />
      <div className="grid gap-4 lg:grid-cols-2">
        <div className="min-w-0 lg:col-span-2">
          <BarChart
            title="Traces by the day, in UTC"
            bins={tenant.usage.map(({ day }) => ({
              from: `${day}T00:00:00.000Z`,
              to: new Date(Date.parse(`${day}T00:00:00.000Z`) + 24 * HOUR_MS).toISOString(),
              href: null,
            }))}
            stack={[{ label: 'Traces', look: 'solid', values: tenant.usage.map(({ traces }) => traces) }]}
            columns={[
              { label: 'Traces', unit: 'count', values: tenant.usage.map(({ traces }) => traces) },
              { label: 'Tokens in', unit: 'count', values: tenant.usage.map((day) => day.tokens_in) },
              { label: 'Tokens out', unit: 'count', values: tenant.usage.map((day) => day.tokens_out) },
            ]}
            emptyNote="No trace in these 30 days."
          />
        </div>
        <Panel title="Limit" actions={<RateActions tenant={shown} />}>
          <p className="num px-4 py-3 text-sm">
            {formatCount(tenant.rate.per_second)} requests a second, {formatCount(tenant.rate.burst)} at once,{' '}
            {tenant.rate.from === 'operator' ? (
              <>
                set by an operator until {tenant.rate.until && <LocalTime iso={tenant.rate.until} />}:{' '}
                {tenant.rate.reason}
              </>
            ) : tenant.rate.from === 'plan' ? (
              'with its plan'
            ) : (
              'as for every tenant'
            )}
            .
          </p>
          <div className="border-t p-2">
            <RateChart stretches={rate.stretches} perSecond={tenant.rate.per_second} />
          </div>
        </Panel>
        <Isolation tenant={tenant} />
        <Panel title="Amounts" actions={<AmountsActions tenant={{ ...shown, amounts: tenant.amounts }} />}>
          <p className="num px-4 py-3 text-sm">{describeAmounts(tenant)}</p>
        </Panel>
        <TenantBilling tenant={tenant} billing={billing} />
        <Panel title="Members" note={plural(tenant.members.length, 'member')}>
          {tenant.members.length > 0 ? (
            <DataTable
              label="Members"
              columns={memberColumns}
              rows={tenant.members}
              keyOf={(member) => member.user_id}
            />
          ) : (
            <Nothing>Nobody belongs to this tenant.</Nothing>
          )}
        </Panel>
        <Panel title="API keys" note={`${liveKeys} live of ${tenant.keys.length}`}>
          {tenant.keys.length > 0 ? (
            <DataTable label="API keys" columns={keyColumns} rows={tenant.keys} keyOf={({ id }) => id} />
          ) : (
            <Nothing>No key yet.</Nothing>
          )}
        </Panel>
        <Panel title="Refused deliveries" className="lg:col-span-2">
          {tenant.errors.length > 0 ? (
            <DataTable
              label="Refused deliveries"
              columns={errorColumns}
              rows={tenant.errors}
              keyOf={(error) => `${error.at} ${error.request_id} ${error.detail}`}
            />
          ) : (
            <Nothing>Nothing of theirs was refused.</Nothing>
          )}
        </Panel>
        <Panel title="Schema" note={`${tenant.schema.name}, ${formatBytes(tenant.schema.bytes)}`}>
          <DataTable
            label="Tables"
            columns={tableColumns}
            rows={tenant.schema.tables}
            keyOf={({ name }) => name}
          />
        </Panel>
        <Panel title="Support" note={tenant.allows_support ? 'may look in' : 'forbidden by its admins'}>
          {tenant.support.length > 0 ? (
            <DataTable
              label="Support"
              columns={supportColumns}
              rows={tenant.support}
              keyOf={({ id }) => id}
            />
          ) : (
            <Nothing>Nobody has looked into its console.</Nothing>
          )}
        </Panel>
        <Panel title="Audit log" note="the newest" className="lg:col-span-2">
          <ol aria-label="Audit log">
            {audit.entries.slice(0, 20).map((entry) => (
              <AuditEntry key={entry.id} entry={entry} actorHref={null} />
            ))}
          </ol>
        </Panel>
      </div>
    </>
  );
}

function Notices({ tenant, stay }: { tenant: TenantDetail; stay: Stay | null }) {
  const { deletion, unconfirmed_until: unconfirmed } = tenant;
  if (!deletion && !unconfirmed && !stay) return null;
  return (
    <ul className="num mb-4 flex flex-col gap-2 text-sm">
      {deletion && (
        <li className="rounded-lg border border-destructive/50 bg-destructive/10 px-4 py-2.5">
          {deletion.can_keep ? (
            <>
              Closed, and erased after <LocalTime iso={deletion.delete_after} style="full" />. Until then it
              can be kept.
            </>
          ) : (
            'The days of grace are over: it is being erased.'
          )}
        </li>
      )}
      {unconfirmed && (
        <li className="rounded-lg border bg-muted/60 px-4 py-2.5">
          Nobody has confirmed it yet; it is deleted after <LocalTime iso={unconfirmed} style="full" />.
        </li>
      )}
      {stay && (
        <li className="rounded-lg border bg-muted/60 px-4 py-2.5">
          You may look into its console until <LocalTime iso={stay.expiresAt} />
          {stay.writeUntil && (
            <>
              , and change things until <LocalTime iso={stay.writeUntil} />
            </>
          )}
          :{' '}
          <a href={tenant.url} className="text-primary hover:underline">
            open it
          </a>
          .
        </li>
      )}
    </ul>
  );
}

function Isolation({ tenant: { id, isolation } }: { tenant: TenantDetail }) {
  const Icon = isolation?.passed ? CircleCheckIcon : CircleXIcon;
  const failed = isolation?.probes.filter(({ refused }) => !refused) ?? [];
  return (
    <Panel title="Isolation" actions={<CheckIsolation tenantId={id} />}>
      {isolation ? (
        <div className="px-4 py-3 text-sm">
          <p className="flex items-center gap-2 font-medium">
            <Icon
              aria-hidden="true"
              className={isolation.passed ? 'size-4 text-primary' : 'size-4 text-destructive'}
            />
            {isolation.passed
              ? `All ${isolation.probes.length} ways are shut`
              : 'It reached what belongs to another'}
          </p>
          <p className="mt-0.5 text-muted-foreground">
            Checked <RelativeTime iso={isolation.at} />
          </p>
          {failed.length > 0 && (
            <ul className="mt-2 list-disc pl-5 text-destructive">
              {failed.map(({ probe, outcome }) => (
                <li key={probe}>
                  {probe}: {outcome}
                </li>
              ))}
            </ul>
          )}
        </div>
      ) : (
        <Nothing>Not checked yet; the sweep comes by every hour.</Nothing>
      )}
    </Panel>
  );
}

function describeAmounts({ amounts, plan }: Pick<TenantDetail, 'amounts' | 'plan'>): string {
  if (!amounts) return describeIncluded(plan);
  const { traces, per_1000_traces: price, seats, reason } = amounts;
  const parts = [
    traces !== null && `${plural(traces, 'trace')} a period`,
    traces !== null && (price === null ? 'none beyond' : `${formatCents(price)} for a thousand more`),
    seats !== null && plural(seats, 'seat'),
  ].filter(Boolean);
  return `${parts.join(', ')}: ${reason}.`;
}

function describeIncluded(plan: string): string {
  const included = includedIn(plan);
  if (!included) return 'Its plan sets none, and none is agreed yet.';
  return `${plural(included.traces, 'trace')} and ${plural(included.seats, 'seat')} a period, as its plan says.`;
}
