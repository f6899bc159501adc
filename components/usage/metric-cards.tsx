import Link from 'next/link';
import { Meter } from '@/components/usage/meter';
import { exactly, formatMetric, utcDay } from '@/components/usage/metric-format';
import { usageHref } from '@/components/usage/usage-href';
import type { MetricId, MetricUsage } from '@/lib/metering/schema';

/** Every metric of the current period; each is the link that shows it below. */
export function MetricCards({ metrics, shown }: { metrics: readonly MetricUsage[]; shown: MetricId }) {
  return (
    <ul aria-label="Metrics" className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-7">
      {metrics.map((one) => (
        <li key={one.metric} className="min-w-0">
          <MetricCard usage={one} isShown={one.metric === shown} />
        </li>
      ))}
    </ul>
  );
}

function MetricCard({ usage, isShown }: { usage: MetricUsage; isShown: boolean }) {
  const { metric, name, value, included, over } = usage;
  return (
    <Link
      href={usageHref({ metric })}
      scroll={false}
      prefetch={false}
      aria-current={isShown ? 'true' : undefined}
      className="flex h-full flex-col rounded-lg border bg-card px-3.5 py-3 transition-colors hover:bg-accent aria-[current=true]:border-primary aria-[current=true]:ring-1 aria-[current=true]:ring-primary"
    >
      <span className="block text-xs text-muted-foreground">{name}</span>
      <span
        title={exactly(metric, value)}
        className="num mt-1 block text-xl leading-7 font-semibold tracking-tight"
      >
        {formatMetric(metric, value)}
      </span>
      <span className="num mt-auto block pt-0.5 text-xs text-muted-foreground text-pretty">
        {noteOn(usage)}
      </span>
      {included !== null && (
        <Meter
          className="mt-2"
          share={included === 0 ? 1 : value / included}
          projected={included === 0 ? undefined : usage.projected / included}
          tone={over > 0 ? 'over' : value >= included * 0.8 ? 'near' : 'normal'}
        />
      )}
    </Link>
  );
}

function noteOn({ metric, kind, current, included, projected, value, resets_at }: MetricUsage): string {
  if (included !== null) return `of ${formatMetric(metric, included)} included`;
  if (kind === 'gauge') return current === value ? 'now' : `${formatMetric(metric, current ?? 0)} now`;
  return projected > value ? `≈ ${formatMetric(metric, projected)} by ${utcDay(resets_at)}` : 'so far';
}
