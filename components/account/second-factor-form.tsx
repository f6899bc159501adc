'use client';

import { useEffect, useRef } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { TextField } from '@/components/forms/text-field';
import { useSubmit } from '@/components/forms/use-submit';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { completeSignIn } from '@/lib/workflows/second-factor/actions';

/** The step after a sign-in of somebody with a second factor. On success the browser loads `next` anew. */
export function SecondFactorForm({ email, next }: { email: string; next: string }) {
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);
  const leaving = useRef(false);
  const field = () => element.current?.querySelector('input');

  useEffect(() => {
    element.current?.querySelector('input')?.focus();
  }, []);

  async function submit() {
    if (leaving.current) return;
    const code = field()?.value.trim() ?? '';
    if (!code) {
      form.refuse({ code: 'Type the code that your app shows.' });
      field()?.focus();
      return;
    }
    if (await form.run(() => completeSignIn({ code }))) {
      leaving.current = true;
      window.location.assign(next);
      return;
    }
    field()?.focus();
    field()?.select();
  }

  return (
    <>
      <CardHeading title="One more step">
        Type the code of your authenticator app, or one of your recovery codes.
      </CardHeading>
      <form
        ref={element}
        method="post"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Code"
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          error={form.errors.code}
          onChange={() => form.clear('code')}
          className="num"
        />
        {form.failure && <FormError>{form.failure}</FormError>}
        <SubmitButton pending={form.pending} pendingLabel="Checking…">
          Sign in
        </SubmitButton>
      </form>
      <div className="mt-6 flex items-center justify-between gap-3 border-t pt-4 text-sm">
        <span className="min-w-0 truncate text-muted-foreground" title={email}>
          Signing in as <span className="text-foreground">{email}</span>
        </span>
        <SignOutButton variant="ghost" size="sm" className="-mr-3">
          Cancel
        </SignOutButton>
      </div>
    </>
  );
}
