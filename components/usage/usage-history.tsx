import Link from 'next/link';
import { formatBytes, formatCount } from '@/components/data/format';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import { periodName } from '@/components/usage/metric-format';
import { usageHref } from '@/components/usage/usage-href';
import type { UsageMonth } from '@/lib/metering/schema';
import type { UsageReport } from '@/lib/workflows/usage-report/schema';

const columns = [
  { label: 'Traces', of: (month: UsageMonth) => formatCount(month.trace_count) },
  { label: 'Seats', of: (month: UsageMonth) => formatCount(month.seat_count) },
  { label: 'API requests', of: (month: UsageMonth) => formatCount(month.api_requests) },
  { label: 'Storage', of: (month: UsageMonth) => formatBytes(month.storage_mb * 1_000_000) },
  { label: 'Tokens in', of: (month: UsageMonth) => formatCount(month.total_tokens_in) },
  { label: 'Tokens out', of: (month: UsageMonth) => formatCount(month.total_tokens_out) },
  { label: 'Evaluations', of: (month: UsageMonth) => formatCount(month.evaluation_count) },
] as const;

/** Past periods, the newest first: a table on wide screens, cards on phones. Those before the first use are left out. */
export function UsageHistory({ report }: { report: UsageReport }) {
  const { history, metric } = report;
  const first = history.findLastIndex((month) => month.trace_count > 0 || month.api_requests > 0);
  const months = history.slice(0, Math.max(1, first + 1));
  const isShown = (month: UsageMonth) => month.period_start === report.period.from;
  const link = (month: UsageMonth) => (
    <Link
      href={usageHref({ metric, period: month.period_start })}
      prefetch={false}
      aria-current={isShown(month) ? 'true' : undefined}
      className="font-medium underline-offset-4 after:absolute after:inset-0 hover:underline aria-[current=true]:text-primary"
    >
      {periodName(month.period_start, month.period_end)}
    </Link>
  );
  return (
    <section aria-labelledby="history" className="mt-6 min-w-0">
      <h2 id="history" className="mb-2 text-sm font-semibold">
        History
      </h2>
      <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
        <Table>
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
              <TableHead>Period</TableHead>
              {columns.map(({ label }) => (
                <TableHead key={label} className="text-right">
                  {label}
                </TableHead>
              ))}
            </TableRow>
          </TableHeader>
          <TableBody>
            {months.map((month) => (
              <TableRow
                key={month.period_start}
                className="relative focus-within:bg-muted/50 [&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]"
              >
                <TableCell className="num whitespace-nowrap">{link(month)}</TableCell>
                {columns.map(({ label, of }) => (
                  <TableCell key={label} className="num text-right">
                    {of(month)}
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
      <ul className="flex flex-col gap-2 md:hidden">
        {months.map((month) => (
          <li
            key={month.period_start}
            className="relative rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]"
          >
            <p className="num text-sm">{link(month)}</p>
            <dl className="num mt-2 grid grid-cols-2 gap-x-4 gap-y-1">
              {columns.map(({ label, of }) => (
                <div key={label} className="flex justify-between gap-2">
                  <dt className="text-muted-foreground">{label}</dt>
                  <dd>{of(month)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
}
