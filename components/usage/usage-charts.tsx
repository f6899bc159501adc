import { BarChart, type BarSeries } from '@/components/charts/bar-chart';
import type { ChartBin } from '@/components/charts/prepare';
import type { Column } from '@/components/charts/units';
import { unitOf, utcDay } from '@/components/usage/metric-format';
import { explainHref, usageHref } from '@/components/usage/usage-href';
import { type MetricId, metrics } from '@/lib/metering/schema';
import type { UsageBin, UsageReport } from '@/lib/workflows/usage-report/schema';

/** A metric by day, each of which opens its hours, and by hour, each of which opens what it is made of. */
export function UsageCharts({ report }: { report: UsageReport }) {
  const { metric, days, hours, day, period } = report;
  const { name } = metrics[metric];
  const shared = { unit: unitOf(metric), zone: 'utc', emptyNote: 'Nothing was used.' } as const;
  return (
    <div className="mt-3 grid gap-3 xl:grid-cols-2">
      <BarChart
        {...shared}
        title={`${name} by day`}
        bins={toBins(days, ({ from, value }) =>
          value > 0
            ? usageHref(
                { metric, day: from.slice(0, 10), ...(period.isCurrent ? {} : { period: period.from }) },
                '#hours',
              )
            : null,
        )}
        stack={toStack(days)}
        columns={[toColumn(metric, days)]}
        leadsTo="its hours"
      />
      <div id="hours" className="scroll-mt-16">
        <BarChart
          {...shared}
          title={`${name} by hour, ${utcDay(`${day}T00:00:00.000Z`)}`}
          bins={toBins(hours, ({ from, value }) => (value > 0 ? explainHref(metric, from) : null))}
          stack={toStack(hours)}
          columns={[toColumn(metric, hours)]}
          leadsTo="what it is made of"
        />
      </div>
    </div>
  );
}

function toBins(bins: readonly UsageBin[], hrefOf: (bin: UsageBin) => string | null): ChartBin[] {
  return bins.map((bin) => ({ from: bin.from, to: bin.to, href: hrefOf(bin) }));
}

/** What may still grow is drawn softer than what is closed. */
function toStack(bins: readonly UsageBin[]): BarSeries[] {
  return [
    { label: 'Closed', look: 'solid', values: bins.map(({ value, isOpen }) => (isOpen ? 0 : value)) },
    { label: 'Open', look: 'soft', values: bins.map(({ value, isOpen }) => (isOpen ? value : 0)) },
  ];
}

function toColumn(metric: MetricId, bins: readonly UsageBin[]): Column {
  const { name, unit } = metrics[metric];
  const isCounted = unitOf(metric) === 'count';
  return {
    label: name,
    unit: unitOf(metric),
    ...(isCounted && { words: [unit.replace(/s$/, ''), unit] as const }),
    values: bins.map(({ value }) => value),
  };
}
