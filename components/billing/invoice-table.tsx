import { ReceiptTextIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Money } from '@/components/billing/money';
import { Section } from '@/components/billing/section';
import { LocalTime } from '@/components/data/local-time';
import { Badge } from '@/components/ui/badge';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { Invoice } from '@/lib/billing/schema';

/** Every invoice, the newest first, with its page and its PDF at Stripe. */
export function InvoiceTable({ invoices, action }: { invoices: Invoice[]; action: ReactNode }) {
  return (
    <Section title="Invoices" action={action}>
      {invoices.length === 0 ? (
        <div className="flex flex-col items-center px-4 py-10 text-center">
          <ReceiptTextIcon aria-hidden="true" className="size-6 text-muted-foreground" />
          <p className="mt-3 font-medium">No invoices yet</p>
          <p className="mt-1 max-w-md text-sm text-muted-foreground text-pretty">
            The first one comes with a plan that costs. Each can be opened and downloaded here.
          </p>
        </div>
      ) : (
        <div className="overflow-x-auto">
          <Table>
            <TableHeader>
              <TableRow>
                <TableHead className="pl-4">Number</TableHead>
                <TableHead>Date</TableHead>
                <TableHead className="hidden sm:table-cell">Period</TableHead>
                <TableHead>Status</TableHead>
                <TableHead className="text-right">Amount</TableHead>
                <TableHead>
                  <span className="sr-only">Files</span>
                </TableHead>
              </TableRow>
            </TableHeader>
            <TableBody className="num">
              {invoices.map((invoice) => (
                <TableRow key={invoice.id}>
                  <TableCell className="pl-4 font-mono text-xs">{invoice.number ?? '–'}</TableCell>
                  <TableCell className="whitespace-nowrap">
                    <LocalTime iso={invoice.created_at} />
                  </TableCell>
                  <TableCell className="hidden whitespace-nowrap text-muted-foreground sm:table-cell">
                    {day(invoice.period_start)} – {day(invoice.period_end)}
                  </TableCell>
                  <TableCell>
                    <Status invoice={invoice} />
                  </TableCell>
                  <TableCell className="text-right">
                    <Money minor={invoice.total} currency={invoice.currency} />
                  </TableCell>
                  <TableCell className="pr-4 text-right whitespace-nowrap">
                    {invoice.hosted_url && (
                      <a href={invoice.hosted_url} className="underline underline-offset-4">
                        Open<span className="sr-only"> invoice {invoice.number}</span>
                      </a>
                    )}
                    {invoice.pdf_url && (
                      <a href={invoice.pdf_url} className="ml-3 underline underline-offset-4">
                        PDF<span className="sr-only"> of invoice {invoice.number}</span>
                      </a>
                    )}
                  </TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </div>
      )}
    </Section>
  );
}

/** Days of a period are those of UTC, in which it is counted. */
function day(iso: string): string {
  return iso.slice(0, 10);
}

const looks: Record<string, string> = {
  paid: 'border-traffic-green/40 bg-traffic-green-soft text-traffic-green',
  open: 'border-traffic-amber/40 bg-traffic-amber-soft text-traffic-amber',
  uncollectible: 'border-traffic-red/40 bg-traffic-red-soft text-traffic-red',
};

function Status({ invoice: { status, is_test } }: { invoice: Invoice }) {
  if (is_test) return <Badge variant="outline">Test</Badge>;
  return (
    <Badge variant="outline" className={`capitalize ${looks[status] ?? ''}`}>
      {status}
    </Badge>
  );
}
