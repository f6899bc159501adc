import Link from 'next/link';
import { BarChart } from '@/components/charts/bar-chart';
import { formatCount, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { KeyUses } from '@/components/limits/key-uses';
import { RateChart } from '@/components/limits/rate-chart';
import { formatRate } from '@/components/limits/rates';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { usagePath } from '@/components/usage/usage-href';
import type { RateUsage } from '@/lib/workflows/limits/schema';

const REFRESH_MS = 5_000;

/** The workspace's rate against its limit, as it happens; what was refused, hour by hour; and which key asks how much. */
export function LimitsView({ usage, canCap }: { usage: RateUsage; canCap: boolean }) {
  const { limit, hours, stretches, keys } = usage;
  const refused = hours.reduce((sum, hour) => sum + hour.limited, 0);
  const newest = stretches.at(-1);
  return (
    <>
      <LiveRefresh intervalMs={REFRESH_MS} />
      <div className="max-w-2xl">
        <h1 className="text-xl font-semibold tracking-tight">Limits</h1>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          What the API keys of this workspace may ask, and what they do ask. People at their browsers and
          strangers are counted elsewhere: they cost the workspace nothing. How many traces a month includes
          is on the page{' '}
          <Link href={usagePath} className="underline underline-offset-4">
            Usage
          </Link>
          .
        </p>
      </div>
      <dl className="mt-4 grid gap-3 sm:grid-cols-3">
        <Figure label="Limit" value={`${formatCount(limit.perSecond)} a second`}>
          {formatCount(limit.burst)} at once,{' '}
          {limit.until ? (
            <>
              until <LocalTime iso={limit.until} />, set by support
            </>
          ) : limit.from === 'plan' ? (
            'with your plan'
          ) : (
            'as for every workspace'
          )}
        </Figure>
        <Figure label="Last 10 seconds" value={`${formatRate(newest?.admitted ?? 0)} a second`}>
          {newest?.limited ? `and ${plural(newest.limited, 'request')} refused` : 'nothing refused'}
        </Figure>
        <Figure label="Refused in 24 hours" value={formatCount(refused)}>
          {refused > 0 ? 'answered 429, with the time to wait' : 'no client was told to wait'}
        </Figure>
      </dl>
      <div className="mt-3 grid gap-3 lg:grid-cols-3">
        <div className="min-w-0 lg:col-span-2">
          <RateChart stretches={stretches} perSecond={limit.perSecond} />
        </div>
        <BarChart
          title="Refused by the hour"
          bins={hours.map(({ from, to }) => ({ from, to, href: null }))}
          stack={[{ label: 'Refused', look: 'hatched', values: hours.map((hour) => hour.limited) }]}
          columns={[
            { label: 'Refused', unit: 'count', values: hours.map((hour) => hour.limited) },
            { label: 'Let through', unit: 'count', values: hours.map((hour) => hour.admitted) },
          ]}
          emptyNote="Nothing was refused."
        />
      </div>
      <KeyUses keys={keys} canCap={canCap} perSecond={limit.perSecond} />
    </>
  );
}

function Figure({ label, value, children }: { label: string; value: string; children: React.ReactNode }) {
  return (
    <div className="rounded-lg border bg-card px-4 py-3">
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className="num mt-0.5 text-lg font-semibold tracking-tight">{value}</dd>
      <dd className="num mt-0.5 text-xs text-muted-foreground">{children}</dd>
    </div>
  );
}
