'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { LocalTime } from '@/components/data/local-time';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
  AlertDialogTrigger,
} from '@/components/ui/alert-dialog';
import { Button } from '@/components/ui/button';
import { cancelSubscription, resumeSubscription } from '@/lib/billing/actions';
import { openPortal } from '@/lib/billing-checkout/actions';

/** Opens Stripe's page for cards, address and invoices. */
export function PortalButton() {
  const form = useSubmit();
  return (
    <div>
      <BusyButton
        type="button"
        variant="outline"
        size="sm"
        pending={form.pending}
        pendingLabel="Opening…"
        onClick={async () => {
          const portal = await form.run(() => openPortal({}), { leaving: true });
          if (portal) window.location.assign(portal.url);
        }}
      >
        Card and address
      </BusyButton>
      {form.failure && (
        <div className="mt-2">
          <FormError>{form.failure}</FormError>
        </div>
      )}
    </div>
  );
}

/** Lets a subscription go on that was to end. */
export function ResumeButton() {
  const form = useSubmit();
  const router = useRouter();
  return (
    <div>
      <BusyButton
        type="button"
        size="sm"
        pending={form.pending}
        pendingLabel="Resuming…"
        onClick={async () => {
          if (await form.run(() => resumeSubscription({}))) router.refresh();
        }}
      >
        Keep the plan
      </BusyButton>
      {form.failure && (
        <div className="mt-2">
          <FormError>{form.failure}</FormError>
        </div>
      )}
    </div>
  );
}

/** Ends the subscription with its period, once what that means has been read. */
export function EndSubscription({
  until,
  interval,
  exceeds,
}: {
  until: string;
  interval: 'monthly' | 'yearly' | null;
  exceeds: string[];
}) {
  const [open, setOpen] = useState(false);
  const form = useSubmit();
  const router = useRouter();
  return (
    <AlertDialog open={open} onOpenChange={setOpen}>
      <AlertDialogTrigger asChild>
        <Button type="button" variant="ghost" size="sm" className="text-muted-foreground">
          Cancel the plan
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent>
        <AlertDialogHeader>
          <AlertDialogTitle>Cancel the plan?</AlertDialogTitle>
          <AlertDialogDescription>
            Everything works{' '}
            {interval === 'yearly' ? (
              'until the year that is paid for has run out'
            ) : (
              <>
                until <LocalTime iso={until} style="full" />
              </>
            )}
            . From then on the workspace is on Starter, and nothing of what is stored is deleted. The last
            invoice is for what was used beyond the included traces.
          </AlertDialogDescription>
        </AlertDialogHeader>
        {exceeds.length > 0 && (
          <ul className="num list-disc rounded-md border border-traffic-amber/40 bg-traffic-amber-soft py-2 pr-3 pl-7 text-sm">
            {exceeds.map((line) => (
              <li key={line}>{line}</li>
            ))}
            <li>What exceeds it stays, but nothing more can be added.</li>
          </ul>
        )}
        {form.failure && <FormError>{form.failure}</FormError>}
        <AlertDialogFooter>
          <AlertDialogCancel>Keep it</AlertDialogCancel>
          <BusyButton
            type="button"
            variant="destructive"
            pending={form.pending}
            pendingLabel="Cancelling…"
            onClick={async () => {
              if (!(await form.run(() => cancelSubscription({})))) return;
              setOpen(false);
              router.refresh();
            }}
          >
            Cancel the plan
          </BusyButton>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}
