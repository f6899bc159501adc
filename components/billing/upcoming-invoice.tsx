import { InvoiceLines } from '@/components/billing/invoice-lines';
import { Money } from '@/components/billing/money';
import { Section } from '@/components/billing/section';
import { formatCount } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import type { UpcomingInvoice as Upcoming } from '@/lib/billing/schema';

/** What the next invoice comes to as things stand, tier by tier. */
export function UpcomingInvoice({ upcoming }: { upcoming: Upcoming }) {
  const { lines, total, currency, source, usage, reported_traces: reported } = upcoming;
  const waiting = reported === null ? 0 : usage.trace_count - reported;
  return (
    <Section
      title="Next invoice, as things stand"
      note={
        <>
          Comes <LocalTime iso={upcoming.due_at} style="full" />: the next month’s plan and seats, and the
          traces of this one.
        </>
      }
    >
      <div className="px-4 pb-3">
        <InvoiceLines lines={lines} currency={currency} />
        <p className="num flex justify-between border-t pt-3 text-sm font-medium">
          <span>{source === 'estimate' ? 'Total, by our own reckoning' : 'Total'}</span>
          <Money minor={total} currency={currency} />
        </p>
        {waiting > 0 && (
          <p className="num mt-2 text-xs text-muted-foreground text-pretty">
            {formatCount(waiting)} traces of the last hours are not in it yet: they are reported once their
            hour is over.
          </p>
        )}
      </div>
    </Section>
  );
}
