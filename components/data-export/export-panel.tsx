'use client';

import { DownloadIcon, Loader2Icon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { formatCount, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { Button } from '@/components/ui/button';
import { type ExportStatus, exportStatus } from '@/lib/workflows/export/schema';

const ASK_EVERY_MS = 1_000;
/** A download that nothing is seen of for so long is refused, or sent by another process. */
const GIVE_UP_AFTER = 10;

/**
 * The download, as a plain link: the browser writes it to disk as it comes, however large it is. Beside it, how far the
 * server is.
 */
export function ExportPanel({ initial }: { initial: ExportStatus }) {
  const [status, setStatus] = useState(initial);
  const [watching, setWatching] = useState(initial.running.length > 0);
  const running = status.running[0];

  useEffect(() => {
    if (!watching) return;
    let idle = 0;
    const timer = setInterval(async () => {
      const next = await askStatus();
      if (next) setStatus(next);
      idle = next && next.running.length > 0 ? 0 : idle + 1;
      if (idle >= GIVE_UP_AFTER || (idle > 0 && next?.last?.finished && next.last.id !== initial.last?.id))
        setWatching(false);
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [watching, initial]);

  return (
    <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
      <Button asChild>
        <a href="/api/v1/tenant/export" download onClick={() => setWatching(true)}>
          <DownloadIcon aria-hidden="true" />
          Download everything
        </a>
      </Button>
      <div className="min-w-0 max-w-2xl text-sm text-muted-foreground">
        {running ? (
          <p className="flex items-center gap-2">
            <Loader2Icon aria-hidden="true" className="size-4 shrink-0 animate-spin" />
            <span role="status">An export is running.</span>
            <span className="num">
              {plural(running.rows, 'row')}, {toMegabytes(running.bytes)} so far
            </span>
          </p>
        ) : (
          <LastExport last={status.last} />
        )}
      </div>
    </div>
  );
}

function LastExport({ last }: { last: ExportStatus['last'] }) {
  if (!last) return <p>Nobody has exported this workspace yet.</p>;
  return (
    <p>
      <span role="status">
        {last.finished ? 'The last export is finished: ' : 'The last export has not finished: '}
      </span>
      begun <LocalTime iso={last.startedAt} /> by {last.by}
      {last.finished && (
        <span className="num">
          , {plural(last.finished.rows, 'row')}, {toMegabytes(last.finished.bytes)} before compression
        </span>
      )}
    </p>
  );
}

async function askStatus(): Promise<ExportStatus | null> {
  try {
    const response = await fetch('/api/v1/tenant/export/status');
    const parsed = exportStatus.safeParse(response.ok ? await response.json() : null);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function toMegabytes(bytes: number): string {
  const megabytes = bytes / 1_000_000;
  return `${megabytes < 10 ? megabytes.toFixed(1) : formatCount(megabytes)} MB`;
}
