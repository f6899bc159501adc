import { Money } from '@/components/billing/money';
import type { InvoiceLine } from '@/lib/billing/schema';

/** The lines of an invoice with what each comes to. */
export function InvoiceLines({ lines, currency }: { lines: InvoiceLine[]; currency: string }) {
  return (
    <ul className="num divide-y text-sm">
      {lines.map((line, index) => (
        // Lines of one invoice may be alike, and never move.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <li key={index} className="flex items-baseline justify-between gap-4 py-2">
          <span className="min-w-0 text-pretty">{line.description}</span>
          <Money minor={line.amount} currency={currency} className="shrink-0" />
        </li>
      ))}
    </ul>
  );
}
