'use client';

import { EyeIcon, PencilLineIcon } from 'lucide-react';
import { BusyButton } from '@/components/account/busy-button';
import { LocalTime } from '@/components/data/local-time';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { leaveSupport } from '@/lib/workflows/support/actions';

/** Says on every page of a console that an operator is looking in, until when, and whether they may change things. */
export function SupportBanner({
  support,
  email,
  consoleUrl,
}: {
  support: { expiresAt: string; writeUntil: string | null };
  email: string;
  /** Where the operator came from, and where changing things is allowed. */
  consoleUrl: string;
}) {
  const form = useSubmit();
  const Icon = support.writeUntil ? PencilLineIcon : EyeIcon;

  async function leave() {
    const left = await form.run(() => leaveSupport({}), { leaving: true });
    if (left) window.location.assign(left.url);
  }

  return (
    <section
      aria-label="Support session"
      className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border-2 border-destructive/60 bg-destructive/10 px-3 py-2 text-sm"
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
        <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 text-pretty wrap-anywhere">
          <strong className="font-semibold">You are here as support</strong> ({email}), until{' '}
          <LocalTime iso={support.expiresAt} className="num" />.{' '}
          {support.writeUntil ? (
            <>
              You may change things until <LocalTime iso={support.writeUntil} className="num" />.
            </>
          ) : (
            'You can change nothing.'
          )}
          {form.failure && <span className="block text-destructive">{form.failure}</span>}
        </span>
      </p>
      <span className="flex gap-2">
        <Button asChild variant="outline" size="xs">
          <a href={consoleUrl}>Operator’s console</a>
        </Button>
        <BusyButton type="button" size="xs" pending={form.pending} pendingLabel="Leaving…" onClick={leave}>
          Leave
        </BusyButton>
      </span>
    </section>
  );
}
