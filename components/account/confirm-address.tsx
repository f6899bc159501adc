'use client';

import { useEffect, useRef, useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { CardHeading } from '@/components/auth/card-heading';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import type { Viewer } from '@/lib/auth/schema';
import { confirmEmailChange } from '@/lib/workflows/email-change/actions';
import { verifyEmail } from '@/lib/workflows/email-verification/actions';

const words = {
  verify: { title: 'Is this your address?', verb: 'Confirm address', done: 'Your address is confirmed' },
  change: { title: 'Use this address?', verb: 'Use this address', done: 'Your address is changed' },
};

/** Where a mailed link leads the person it was mailed for. Following the link alone changes nothing. */
export function ConfirmAddress({
  kind,
  address,
  token,
  viewer,
}: {
  kind: keyof typeof words;
  address: string;
  token: string;
  viewer: Viewer;
}) {
  const form = useSubmit();
  const doneHeading = useRef<HTMLDivElement>(null);
  const [done, setDone] = useState(false);
  const { title, verb, done: doneTitle } = words[kind];

  useEffect(() => {
    if (done) doneHeading.current?.focus();
  }, [done]);

  if (done)
    return (
      <div ref={doneHeading} tabIndex={-1} className="outline-none" role="status">
        <CardHeading title={doneTitle}>{address} is now the address of your account.</CardHeading>
        <div className="flex flex-col gap-3">
          <Button asChild className="w-full">
            <a href="/open">Go to my workspace</a>
          </Button>
          <Button asChild variant="outline" className="w-full">
            <a href="/account">Go to my account</a>
          </Button>
        </div>
      </div>
    );

  return (
    <>
      <CardHeading title={title}>
        {kind === 'verify' ? (
          <>
            You are signed in as {viewer.name}. Confirm that{' '}
            <strong className="font-medium text-foreground">{address}</strong> is yours.
          </>
        ) : (
          <>
            From now on you sign in with <strong className="font-medium text-foreground">{address}</strong>{' '}
            instead of {viewer.email}.
          </>
        )}
      </CardHeading>
      <div className="flex flex-col gap-4">
        {form.failure && <FormError>{form.failure}</FormError>}
        <BusyButton
          type="button"
          className="w-full"
          pending={form.pending}
          pendingLabel="Confirming…"
          onClick={async () => {
            const data = await form.run<object>(() =>
              kind === 'verify' ? verifyEmail({ token }) : confirmEmailChange({ token }),
            );
            if (data) setDone(true);
          }}
        >
          {verb}
        </BusyButton>
      </div>
    </>
  );
}
