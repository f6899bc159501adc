'use client';

import { ArrowRightIcon, CircleCheckIcon } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { traceHref } from '@/components/traces/list-href';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';

const POLL_INTERVAL_MS = 1000;

/** The trace received last, as far as the wait needs it. */
export type LatestTrace = { traceId: string; receivedAt: string; question: string | null };

/** Waits for a trace that was not there when the page was opened, and then leads to it. Stays in sight below long code. */
export function Arrival({
  latest,
  basePath,
  className,
}: {
  latest: LatestTrace | null;
  basePath: string;
  className?: string;
}) {
  const [before] = useState(latest);
  const arrived = latest && isLater(latest, before) ? latest : null;
  return (
    <div
      role="status"
      className={cn(
        'sticky bottom-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border bg-card px-4 py-3 text-sm shadow-sm',
        arrived && 'border-traffic-green/50',
        className,
      )}
    >
      {arrived ? (
        <>
          <CircleCheckIcon aria-hidden="true" className="size-5 shrink-0 text-traffic-green" />
          <p className="min-w-0 flex-1 basis-56">
            <span className="font-medium text-traffic-green">
              {before === null ? 'Your first trace has arrived.' : 'Your trace has arrived.'}
            </span>
            {arrived.question && (
              <span className="line-clamp-1 text-muted-foreground wrap-anywhere">{arrived.question}</span>
            )}
          </p>
          <Button asChild size="sm">
            <Link href={traceHref(basePath, arrived.traceId)}>
              Open the trace
              <ArrowRightIcon aria-hidden="true" />
            </Link>
          </Button>
        </>
      ) : (
        <>
          <span aria-hidden="true" className="relative flex size-2.5">
            <span className="absolute inline-flex size-full animate-ping rounded-full bg-primary opacity-60 motion-reduce:animate-none" />
            <span className="relative inline-flex size-2.5 rounded-full bg-primary" />
          </span>
          <span className="min-w-0 flex-1">
            {before === null ? 'Waiting for your first trace…' : 'Waiting for your next trace…'}
            <span className="text-muted-foreground"> This page changes by itself when it arrives.</span>
          </span>
          <LiveRefresh intervalMs={POLL_INTERVAL_MS} />
        </>
      )}
    </div>
  );
}

/** The trace before it may have been deleted meanwhile: what is last then is older. */
function isLater(latest: LatestTrace, before: LatestTrace | null): boolean {
  return before === null || (latest.traceId !== before.traceId && latest.receivedAt >= before.receivedAt);
}
