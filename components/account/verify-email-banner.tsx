'use client';

import { MailWarningIcon } from 'lucide-react';
import { useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { useSubmit } from '@/components/forms/use-submit';
import { cn } from '@/components/ui/cn';
import { sendVerification } from '@/lib/workflows/email-verification/actions';

/** A slim reminder that the address is not confirmed yet, with the way to get the mail again. */
export function VerifyEmailBanner({ email, className }: { email: string; className?: string }) {
  const form = useSubmit();
  const [sent, setSent] = useState(false);
  return (
    <div
      className={cn(
        'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border bg-muted/60 px-3 py-2 text-sm',
        className,
      )}
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2" aria-live="polite">
        <MailWarningIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
        <span className="min-w-0 text-pretty wrap-anywhere">
          {form.failure ?? (
            <>
              {sent ? 'Sent again. ' : 'Confirm your address: '}
              follow the link that we mailed to <strong className="font-medium">{email}</strong>.
            </>
          )}
        </span>
      </p>
      {!sent && (
        <BusyButton
          type="button"
          variant="outline"
          size="xs"
          pending={form.pending}
          pendingLabel="Sending…"
          onClick={async () => {
            if (await form.run(() => sendVerification({}))) setSent(true);
          }}
        >
          Send again
        </BusyButton>
      )}
    </div>
  );
}
