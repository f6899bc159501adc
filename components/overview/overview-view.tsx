import { ChartColumnIcon } from 'lucide-react';
import Link from 'next/link';
import { LegacyKeyNotice } from '@/components/api-keys/legacy-key-notice';
import { BarChart } from '@/components/charts/bar-chart';
import { LineChart } from '@/components/charts/line-chart';
import type { ChartBin } from '@/components/charts/prepare';
import { TimeRange } from '@/components/charts/time-range';
import { Figures } from '@/components/overview/figures';
import { judged } from '@/components/overview/lights';
import { ModelsTable } from '@/components/overview/models-table';
import { PeriodLinks, periodHref } from '@/components/overview/period-links';
import { listHref } from '@/components/traces/list-href';
import { Button } from '@/components/ui/button';
import type { LegacyKey } from '@/lib/api-keys/schema';
import { type Lights, type Overview, periodNames, periods } from '@/lib/stats/schema';

/** What happened in a period: figures, charts and models, each leading to the traces behind it. */
export function OverviewView({
  overview,
  basePath,
  overviewPath,
  legacyKey,
  keysHref,
}: {
  overview: Overview;
  /** The trace list's address. */
  basePath: string;
  /** This page's own address. */
  overviewPath: string;
  /** The predecessor's key, where this workspace accepts it and the person can do something about that. */
  legacyKey: LegacyKey | null;
  /** Where API keys are made. */
  keysHref: string;
}) {
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2.5">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">Overview</h1>
          <p className="num mt-0.5 text-xs text-muted-foreground">
            <TimeRange from={overview.from} to={overview.to} showZone />
          </p>
        </div>
        <PeriodLinks current={overview.period} overviewPath={overviewPath} />
      </div>
      {legacyKey && (
        <div className="mt-4">
          <LegacyKeyNotice legacyKey={legacyKey} keysHref={keysHref} />
        </div>
      )}
      {overview.totals.traces === 0 ? (
        <EmptyPeriod overview={overview} basePath={basePath} overviewPath={overviewPath} />
      ) : (
        <div className="mt-4 flex flex-col gap-3">
          <Figures overview={overview} basePath={basePath} />
          <Charts overview={overview} basePath={basePath} />
          <ModelsTable overview={overview} basePath={basePath} />
        </div>
      )}
    </>
  );
}

function Charts({ overview, basePath }: { overview: Overview; basePath: string }) {
  const { bins } = overview;
  const slots: ChartBin[] = bins.map(({ from, to, traces }) => ({
    from,
    to,
    href: traces > 0 ? listHref(basePath, { from, to }) : null,
  }));
  const tokensIn = bins.map((bin) => bin.tokensIn);
  const tokensOut = bins.map((bin) => bin.tokensOut);
  const errors = bins.map((bin) => bin.errors);
  const withLight = (light: keyof Lights) => bins.map((bin) => bin.lights[light]);
  const [red, amber, green] = [withLight('red'), withLight('amber'), withLight('green')];

  return (
    <div className="grid gap-3 lg:grid-cols-2">
      <BarChart
        title="Traffic lights"
        bins={slots}
        stack={[
          { label: 'Red', look: 'hatched', values: red },
          { label: 'Amber', look: 'dotted', values: amber },
          { label: 'Green', look: 'green', values: green },
        ]}
        columns={[
          { label: 'Green', unit: 'count', words: ['green', 'green'], values: green },
          { label: 'Amber', unit: 'count', words: ['amber', 'amber'], values: amber },
          { label: 'Red', unit: 'count', words: ['red', 'red'], values: red },
          {
            label: 'Not judged',
            unit: 'count',
            words: ['not judged', 'not judged'],
            values: bins.map((bin) => bin.traces - judged(bin.lights)),
          },
        ]}
        emptyNote="No answer of this period has been judged: send scores with POST /api/v1/evaluations."
      />
      <BarChart
        title="Traces"
        bins={slots}
        stack={[
          { label: 'Errors', look: 'hatched', values: errors },
          { label: 'OK', look: 'solid', values: bins.map((bin) => bin.traces - bin.errors) },
        ]}
        columns={[
          {
            label: 'Traces',
            unit: 'count',
            words: ['trace', 'traces'],
            values: bins.map((bin) => bin.traces),
          },
          { label: 'Errors', unit: 'count', words: ['error', 'errors'], values: errors },
        ]}
      />
      <LineChart
        title="Latency"
        bins={slots}
        unit="duration"
        lines={[
          { label: 'p50', look: 'full', unit: 'duration', values: bins.map((bin) => bin.p50) },
          { label: 'p95', look: 'dashed', unit: 'duration', values: bins.map((bin) => bin.p95) },
        ]}
        emptyNote="No trace of this period was sent with a latency."
      />
      <BarChart
        title="Tokens"
        bins={slots}
        stack={[
          { label: 'In', look: 'soft', values: tokensIn },
          { label: 'Out', look: 'solid', values: tokensOut },
        ]}
        columns={[
          { label: 'Tokens in', unit: 'count', words: ['token in', 'tokens in'], values: tokensIn },
          { label: 'Tokens out', unit: 'count', words: ['token out', 'tokens out'], values: tokensOut },
        ]}
        emptyNote="No trace of this period was sent with a number of tokens."
      />
    </div>
  );
}

function EmptyPeriod({
  overview,
  basePath,
  overviewPath,
}: {
  overview: Overview;
  basePath: string;
  overviewPath: string;
}) {
  const longer = periodNames[periodNames.indexOf(overview.period) + 1];
  return (
    <div className="mt-4 flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
      <ChartColumnIcon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">No traces in the last {periods[overview.period].label}</p>
      <p className="mt-1 text-sm text-muted-foreground">
        {longer ? 'Older ones may be in a longer period.' : 'Older ones are in the list of all traces.'}
      </p>
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        {longer && (
          <Button asChild variant="outline" size="sm">
            <Link href={periodHref(overviewPath, longer)} prefetch={false}>
              Show {periods[longer].label}
            </Link>
          </Button>
        )}
        <Button asChild variant="outline" size="sm">
          <Link href={basePath} prefetch={false}>
            All traces
          </Link>
        </Button>
      </div>
    </div>
  );
}
