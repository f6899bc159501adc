import Link from 'next/link';
import { formatCount, formatDuration, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { traceHref } from '@/components/traces/list-href';
import { TraceStatus } from '@/components/traces/trace-status';
import type { TraceSummary } from '@/lib/traces/schema';

/** Traces as a list of cards, for screens too narrow for the table. */
export function TraceCards({ traces, basePath }: { traces: TraceSummary[]; basePath: string }) {
  return (
    <ul className="flex flex-col gap-2 md:hidden">
      {traces.map((trace) => (
        <li
          key={trace.traceId}
          className="relative rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem] active:bg-muted"
        >
          <div className="flex items-start justify-between gap-3">
            <LocalTime iso={trace.receivedAt} className="num pt-0.5 text-xs text-muted-foreground" />
            <TraceStatus trace={trace} />
          </div>
          <Link
            href={traceHref(basePath, trace.traceId)}
            prefetch={false}
            className="mt-1.5 line-clamp-2 text-sm font-medium wrap-anywhere outline-none after:absolute after:inset-0 after:rounded-lg focus-visible:after:ring-2 focus-visible:after:ring-ring"
          >
            {trace.question || (
              <span className="font-normal text-muted-foreground italic">No question sent</span>
            )}
          </Link>
          <p className="num mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-muted-foreground">
            {trace.model && <span className="max-w-full truncate">{trace.model}</span>}
            <span>{plural(trace.chunkCount, 'chunk')}</span>
            {trace.latencyMs !== null && <span>{formatDuration(trace.latencyMs)}</span>}
            {(trace.tokensIn !== null || trace.tokensOut !== null) && (
              <span>
                {trace.tokensIn === null ? '–' : formatCount(trace.tokensIn)} →{' '}
                {trace.tokensOut === null ? '–' : formatCount(trace.tokensOut)} tokens
              </span>
            )}
          </p>
        </li>
      ))}
    </ul>
  );
}
