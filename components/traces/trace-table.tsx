import Link from 'next/link';
import { formatCount, formatDuration } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { Measure } from '@/components/data/measure';
import { traceHref } from '@/components/traces/list-href';
import { TraceStatus } from '@/components/traces/trace-status';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { TraceSummary } from '@/lib/traces/schema';

/** Traces as table rows. A row is clickable as a whole through its one link, which is stretched over it. */
export function TraceTable({ traces, basePath }: { traces: TraceSummary[]; basePath: string }) {
  return (
    <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
      <Table className="table-fixed">
        <TableHeader className="bg-muted/60">
          <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
            <TableHead className="w-34">Received</TableHead>
            <TableHead>Question</TableHead>
            <TableHead className="w-32 xl:w-34">Model</TableHead>
            <TableHead className="hidden w-16 text-right xl:table-cell">Chunks</TableHead>
            <TableHead className="w-20 text-right">Latency</TableHead>
            <TableHead className="hidden w-30 text-right xl:table-cell">Tokens in / out</TableHead>
            <TableHead className="w-36">Status</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {traces.map((trace) => (
            <TableRow
              key={trace.traceId}
              className="relative focus-within:bg-muted/50 [&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]"
            >
              <TableCell className="text-muted-foreground">
                <LocalTime iso={trace.receivedAt} className="num relative z-10" />
              </TableCell>
              <TableCell className="truncate">
                <Link
                  href={traceHref(basePath, trace.traceId)}
                  prefetch={false}
                  className="text-sm font-medium outline-none after:absolute after:inset-0 focus-visible:after:ring-2 focus-visible:after:ring-ring focus-visible:after:ring-inset"
                >
                  {trace.question || (
                    <span className="font-normal text-muted-foreground italic">No question sent</span>
                  )}
                </Link>
              </TableCell>
              <TableCell className="truncate" title={trace.model ?? undefined}>
                {trace.model ?? <Measure value={null} format={formatCount} />}
              </TableCell>
              <TableCell className="num hidden text-right xl:table-cell">
                {formatCount(trace.chunkCount)}
              </TableCell>
              <TableCell className="text-right">
                <Measure value={trace.latencyMs} format={formatDuration} />
              </TableCell>
              <TableCell className="hidden text-right xl:table-cell">
                <Measure value={trace.tokensIn} format={formatCount} />
                <span className="text-muted-foreground"> / </span>
                <Measure value={trace.tokensOut} format={formatCount} />
              </TableCell>
              <TableCell>
                <TraceStatus trace={trace} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
