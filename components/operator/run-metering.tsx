'use client';

import { Loader2Icon, PlayIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { plural } from '@/components/data/format';
import { Button } from '@/components/ui/button';
import type { MeteringRun } from '@/lib/metering/schema';

const REFRESH_MS = 1_000;

/**
 * Closes what is open now, of all workspaces or of one. A request and not a server action: while one of those is under way,
 * the page could not be refreshed, and the run would be seen only when it is over.
 */
export function RunMetering({ tenant }: { tenant?: { id: string; slug: string } }) {
  const router = useRouter();
  const [pending, setPending] = useState(false);

  async function run() {
    if (pending) return;
    setPending(true);
    const timer = setInterval(() => router.refresh(), REFRESH_MS);
    const outcome = await post(tenant?.id);
    clearInterval(timer);
    setPending(false);
    router.refresh();
    if (typeof outcome === 'string') toast.error(outcome);
    else if (outcome.errors > 0)
      toast.error(`${plural(outcome.errors, 'workspace')} failed. See below why; the others are closed.`);
    else toast.success(`Closed: ${plural(outcome.hours, 'hour')}, ${plural(outcome.traces, 'trace')}.`);
  }

  const Icon = pending ? Loader2Icon : PlayIcon;
  return (
    <Button
      type="button"
      size={tenant ? 'xs' : 'sm'}
      variant={tenant ? 'outline' : 'default'}
      className="aria-disabled:opacity-50"
      aria-disabled={pending}
      aria-label={tenant ? `Run now for ${tenant.slug}` : undefined}
      onClick={() => void run()}
    >
      <Icon aria-hidden="true" className={pending ? 'animate-spin' : ''} />
      {pending ? 'Running…' : 'Run now'}
    </Button>
  );
}

/** What the run came to, or why there was none, in a sentence. */
async function post(tenantId: string | undefined): Promise<MeteringRun | string> {
  try {
    const query = tenantId ? `?${new URLSearchParams({ tenant_id: tenantId })}` : '';
    const answer = await fetch(`/api/v1/admin/metering/run${query}`, { method: 'POST' });
    const body = (await answer.json()) as MeteringRun | { error: { message: string } };
    return 'error' in body ? body.error.message : body;
  } catch {
    return 'The server could not be reached. Check your connection and try again.';
  }
}
