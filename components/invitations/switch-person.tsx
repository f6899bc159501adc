'use client';

import { signOut } from 'next-auth/react';
import { useState } from 'react';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { Button } from '@/components/ui/button';

/** Says that somebody else is signed in, and lets them sign out without losing the link. */
export function SwitchPerson({ signedInAs, invited }: { signedInAs: string; invited: string }) {
  const [pending, setPending] = useState(false);
  const [failed, setFailed] = useState(false);

  async function change() {
    if (pending) return;
    setPending(true);
    setFailed(false);
    try {
      await signOut({ redirect: false });
      window.location.reload();
    } catch {
      setFailed(true);
      setPending(false);
    }
  }

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void change();
      }}
    >
      <p className="rounded-md bg-muted px-3 py-2.5 text-sm wrap-anywhere text-pretty">
        You are signed in as <strong className="font-medium">{signedInAs}</strong>. Only{' '}
        <strong className="font-medium">{invited}</strong> can accept this invitation.
      </p>
      {failed && <FormError>You are still signed in: the server could not be reached. Try again.</FormError>}
      <SubmitButton pending={pending} pendingLabel="Signing out…">
        Sign out and go on
      </SubmitButton>
      <Button asChild variant="outline" className="w-full">
        <a href="/">Go to my workspaces</a>
      </Button>
    </form>
  );
}
