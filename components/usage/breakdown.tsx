import { formatShare } from '@/components/charts/units';
import { exactly, formatMetric } from '@/components/usage/metric-format';
import { type MetricId, metrics } from '@/lib/metering/schema';
import type { UsageBreakdown, UsagePart, UsageReport } from '@/lib/workflows/usage-report/schema';

/** Who used it: the period's number of a metric by API key and by project. */
export function Breakdown({ report }: { report: UsageReport }) {
  const { byKey, byProject, metric } = report;
  if (!byKey || !byProject || byKey.parts.length === 0) return null;
  const isLevel = metrics[metric].kind === 'gauge';
  return (
    <div className="mt-3 grid items-start gap-3 xl:grid-cols-2">
      <Parts title={isLevel ? 'By key, held now' : 'By key'} metric={metric} of={byKey} nameOf={nameOfKey} />
      <Parts
        title={isLevel ? 'By project, held now' : 'By project'}
        metric={metric}
        of={byProject}
        nameOf={({ name }) => name || 'no project'}
      />
    </div>
  );
}

/** What a key is called in lists of usage. */
export function nameOfKey({ id, name }: Pick<UsagePart, 'id' | 'name'>): string {
  if (id === null) return 'People and the system';
  return name ?? `Key ${id.slice(0, 8)}`;
}

/** Parts of a number, each with its share of the whole. */
export function Parts({
  title,
  metric,
  of: { parts, others, total },
  nameOf,
}: {
  title: string;
  metric: MetricId;
  of: UsageBreakdown;
  nameOf: (part: UsagePart) => string;
}) {
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border bg-card px-4 pt-3 pb-2">
      <h3 className="text-sm font-semibold">{title}</h3>
      <ul className="mt-2">
        {parts.map((part) => (
          <Part key={part.id ?? ''} name={nameOf(part)} value={part.value} {...{ metric, total }} />
        ))}
        {others > 0 && <Part name="Others" value={others} {...{ metric, total }} />}
      </ul>
    </section>
  );
}

function Part({
  name,
  value,
  metric,
  total,
}: {
  name: string;
  value: number;
  metric: MetricId;
  total: number;
}) {
  const share = total > 0 ? Math.max(0, value / total) * 100 : 0;
  return (
    <li className="border-t py-2 text-[0.8125rem] first:border-t-0">
      <div className="flex items-baseline justify-between gap-4">
        <span className="min-w-0 truncate" title={name}>
          {name}
        </span>
        <span className="num shrink-0" title={exactly(metric, value)}>
          {formatMetric(metric, value)}
          <span className="ml-2 inline-block w-14 text-right text-xs text-muted-foreground">
            {formatShare(value, total)}
          </span>
        </span>
      </div>
      <div aria-hidden="true" className="mt-1.5 h-1 overflow-hidden rounded-full bg-muted">
        <div className="h-full rounded-full bg-primary" style={{ width: `${share}%` }} />
      </div>
    </li>
  );
}
