import Link from 'next/link';
import type { ReactNode } from 'react';
import { formatMoment } from '@/components/charts/time-labels';
import { formatCount, formatDuration, plural } from '@/components/data/format';
import { RelativeTime } from '@/components/data/relative-time';
import { formatSpan } from '@/components/operator/amounts';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { ResolveFinding } from '@/components/operator/resolve-finding';
import { RunMetering } from '@/components/operator/run-metering';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { Badge } from '@/components/ui/badge';
import { Meter } from '@/components/usage/meter';
import { formatMetric } from '@/components/usage/metric-format';
import { checks, metrics } from '@/lib/metering/schema';
import type {
  ConsoleRun,
  FailingTenant,
  MeteringFinding,
  MeteringOverview,
} from '@/lib/workflows/metering-console/schema';

/** A run shows how far it is while it goes on; otherwise there is little to see. */
const RUNNING_MS = 1_000;
const IDLE_MS = 15_000;
/** One that is not finished after this long was cut off: its process is gone. */
const CUT_OFF_MS = 600_000;

/** How the meters of all workspaces stand: what is due, who fails, what does not add up, and the runs, as they happen. */
export function MeteringView({ overview }: { overview: MeteringOverview }) {
  const { openHours, lagSeconds, failing, findings, runs } = overview;
  const running = runs.find((run) => stateOf(run, Date.now()) === 'running');
  return (
    <>
      <LiveRefresh intervalMs={running ? RUNNING_MS : IDLE_MS} />
      <PageHead title="Metering" actions={<RunMetering />}>
        Hours are closed five minutes after their end, each exactly once. What stands still here is caught up
        in order, and holds up nobody else.
      </PageHead>
      <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        <Figure
          label="Behind"
          value={lagSeconds > 0 ? formatSpan(lagSeconds * 1_000) : 'not at all'}
          bad={lagSeconds > 3_600}
        >
          since the oldest open hour was due
        </Figure>
        <Figure label="Open hours" value={formatCount(openHours)}>
          that are due, over all workspaces
        </Figure>
        <Figure label="Failing" value={formatCount(failing.length)} bad={failing.length > 0}>
          {failing.length === 1
            ? 'workspace whose meters stand still'
            : 'workspaces whose meters stand still'}
        </Figure>
        <Figure label="Differences" value={formatCount(findings.length)} bad={findings.length > 0}>
          that the nightly recount found
        </Figure>
      </dl>
      {running && <Progress run={running} />}
      {failing.length > 0 && (
        <Panel title="Workspaces that fail" note="Each is tried again by itself." className="mt-4">
          <DataTable
            label="Workspaces that fail"
            columns={failingColumns}
            rows={failing}
            keyOf={(row) => row.tenantId}
          />
        </Panel>
      )}
      <Panel title="Differences" note="Nothing is corrected silently." className="mt-4">
        {findings.length === 0 ? (
          <Nothing>Records, reports, traces and seats agree.</Nothing>
        ) : (
          <DataTable
            label="Differences"
            columns={findingColumns}
            rows={findings}
            keyOf={(row) => `${row.tenantId} ${row.id}`}
          />
        )}
      </Panel>
      <Panel
        title="Runs"
        note={runs.length > 0 ? `The last ${formatCount(runs.length)}` : undefined}
        className="mt-4"
      >
        {runs.length === 0 ? (
          <Nothing>No run has had anything to do yet.</Nothing>
        ) : (
          <DataTable label="Runs" columns={runColumns} rows={runs} keyOf={(row) => row.id} />
        )}
      </Panel>
    </>
  );
}

function Figure({
  label,
  value,
  bad = false,
  children,
}: {
  label: string;
  value: string;
  bad?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="rounded-lg border bg-card px-4 py-3">
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className={`num mt-0.5 text-lg font-semibold tracking-tight ${bad ? 'text-traffic-red' : ''}`}>
        {value}
      </dd>
      <dd className="mt-0.5 text-xs text-muted-foreground text-pretty">{children}</dd>
    </div>
  );
}

function Progress({ run }: { run: ConsoleRun }) {
  const { tenants, tenants_total: total } = run;
  return (
    <section
      aria-label="A run goes on"
      aria-live="polite"
      className="mt-4 rounded-lg border bg-card px-4 py-3"
    >
      <p className="num text-sm">
        <span className="font-medium">{run.kind === 'tick' ? 'Closing hours' : 'Counting again'}</span>
        {`: ${formatCount(tenants)} of ${plural(total, 'workspace')}, ${plural(run.hours, 'hour')}, ${plural(run.traces, 'trace')}`}
        {run.errors > 0 && `, ${plural(run.errors, 'failure')}`}
      </p>
      <Meter className="mt-2" share={total === 0 ? 1 : tenants / total} />
    </section>
  );
}

function TenantLink({ id, slug }: { id: string; slug: string }) {
  return (
    <Link
      href={`/admin/tenants/${id}`}
      prefetch={false}
      className="font-medium wrap-anywhere underline-offset-4 hover:underline"
    >
      {slug}
    </Link>
  );
}

const failingColumns: readonly DataColumn<FailingTenant>[] = [
  { label: 'Workspace', cell: ({ tenantId, slug }) => <TenantLink id={tenantId} slug={slug} /> },
  { label: 'Failures in a row', align: 'right', cell: ({ failures }) => formatCount(failures) },
  { label: 'Last', cell: ({ failedAt }) => (failedAt ? <RelativeTime iso={failedAt} /> : '–') },
  {
    label: 'Because',
    className: 'max-w-96 whitespace-normal wrap-anywhere',
    cell: ({ error }) => error ?? '–',
  },
  { label: 'Actions', cell: ({ tenantId, slug }) => <RunMetering tenant={{ id: tenantId, slug }} /> },
];

const findingColumns: readonly DataColumn<MeteringFinding>[] = [
  { label: 'Workspace', cell: ({ tenantId, slug }) => <TenantLink id={tenantId} slug={slug} /> },
  {
    label: 'What should hold',
    className: 'max-w-72 whitespace-normal',
    cell: ({ check }) => checks[check],
  },
  {
    label: 'Of',
    cell: ({ metric, hour }) => `${metrics[metric].name}, ${formatMoment(hour, 'utc', { thisYear: 0 })} UTC`,
  },
  { label: 'Expected', align: 'right', cell: ({ metric, expected }) => formatMetric(metric, expected) },
  { label: 'Found', align: 'right', cell: ({ metric, found }) => formatMetric(metric, found) },
  { label: 'First seen', cell: ({ firstSeenAt }) => <RelativeTime iso={firstSeenAt} /> },
  { label: 'Actions', cell: (finding) => <ResolveFinding finding={finding} /> },
];

type RunState = 'running' | 'cut off' | 'failed' | 'done';

const looks = {
  running: 'default',
  'cut off': 'destructive',
  failed: 'destructive',
  done: 'ghost',
} as const satisfies Record<RunState, string>;

function stateOf({ finished_at, started_at, errors }: ConsoleRun, now: number): RunState {
  if (finished_at) return errors > 0 ? 'failed' : 'done';
  return now - Date.parse(started_at) > CUT_OFF_MS ? 'cut off' : 'running';
}

const triggers = {
  boot: 'at start',
  timer: 'by itself',
  cron: 'by cron',
  operator: 'by an operator',
} as const satisfies Record<ConsoleRun['trigger'], string>;

const runColumns: readonly DataColumn<ConsoleRun>[] = [
  {
    label: 'Run',
    className: 'whitespace-normal',
    cell: (run) => (
      <>
        <span className="font-medium">{run.kind === 'tick' ? 'Hours closed' : 'Counted again'}</span>{' '}
        <span className="text-muted-foreground">{triggers[run.trigger]}</span>
        {run.failures.slice(0, 3).map(({ tenant_id: id, slug, message }) => (
          <span key={id} className="block text-xs wrap-anywhere text-traffic-red">
            {slug ?? id}: {message}
          </span>
        ))}
      </>
    ),
  },
  { label: 'Begun', cell: (run) => <RelativeTime iso={run.started_at} /> },
  {
    label: 'State',
    cell: (run) => {
      const state = stateOf(run, Date.now());
      return (
        <Badge variant={looks[state]}>
          {state === 'failed' ? `${formatCount(run.errors)} failed` : state}
        </Badge>
      );
    },
  },
  {
    label: 'Took',
    align: 'right',
    cell: (run) => (run.duration_ms === null ? '–' : formatDuration(run.duration_ms)),
  },
  {
    label: 'Workspaces',
    align: 'right',
    cell: (run) => `${formatCount(run.tenants)} of ${formatCount(run.tenants_total)}`,
  },
  { label: 'Hours', align: 'right', cell: (run) => formatCount(run.hours) },
  { label: 'Revised', align: 'right', cell: (run) => formatCount(run.revisions) },
  { label: 'Traces', align: 'right', cell: (run) => formatCount(run.traces) },
  { label: 'Seats', align: 'right', cell: (run) => formatCount(run.seats) },
];
