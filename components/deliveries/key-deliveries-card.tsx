import { BarChart } from '@/components/charts/bar-chart';
import { formatCompact } from '@/components/charts/units';
import { formatCount } from '@/components/data/format';
import { Refusals } from '@/components/deliveries/refusals';
import { Badge } from '@/components/ui/badge';
import { cn } from '@/components/ui/cn';
import type { KeyDeliveries } from '@/lib/deliveries/schema';

/** What became of what one key has sent: in all, hour by hour, and why the last ones were refused. */
export function KeyDeliveriesCard({ deliveries }: { deliveries: KeyDeliveries }) {
  const { keyId, name, isAlive, total, bins, refusals } = deliveries;
  const title = name ?? 'Unknown key';
  const values = (of: 'received' | 'stored' | 'updated' | 'refused') => bins.map((bin) => bin[of]);
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border bg-card">
      <header className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 pt-3">
        <h2 className="min-w-0 font-medium wrap-anywhere">{title}</h2>
        <span className="font-mono text-xs text-muted-foreground" title={`Key id ${keyId}`}>
          {keyId.slice(0, 8)}
        </span>
        {!isAlive && <Badge variant="outline">No longer works</Badge>}
      </header>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2 px-4 pt-2 pb-3 sm:grid-cols-4">
        <Figure term="Received" value={total.received} />
        <Figure term="Stored" value={total.stored} />
        <Figure term="Updated" value={total.updated} />
        <Figure term="Refused" value={total.refused} isBad />
      </dl>
      <div className="px-2 pb-2 sm:px-4 sm:pb-4">
        <BarChart
          title="Traces"
          bins={bins.map(({ from, to, stored }) => ({
            from,
            to,
            href: stored > 0 ? `/traces?${new URLSearchParams({ from, to })}` : null,
          }))}
          stack={[
            { label: 'Refused', look: 'hatched', values: values('refused') },
            { label: 'Updated', look: 'soft', values: values('updated') },
            { label: 'Stored', look: 'solid', values: values('stored') },
          ]}
          columns={[
            { label: 'Received', unit: 'count', words: ['received', 'received'], values: values('received') },
            { label: 'Stored', unit: 'count', words: ['stored', 'stored'], values: values('stored') },
            { label: 'Updated', unit: 'count', words: ['updated', 'updated'], values: values('updated') },
            { label: 'Refused', unit: 'count', words: ['refused', 'refused'], values: values('refused') },
          ]}
        />
      </div>
      {total.refused > 0 && <Refusals refusals={refusals} />}
    </section>
  );
}

function Figure({ term, value, isBad = false }: { term: string; value: number; isBad?: boolean }) {
  return (
    <div>
      <dt className="text-xs text-muted-foreground">{term}</dt>
      <dd
        title={formatCount(value)}
        className={cn('num text-lg font-semibold tracking-tight', isBad && value > 0 && 'text-traffic-red')}
      >
        {formatCompact(value)}
      </dd>
    </div>
  );
}
