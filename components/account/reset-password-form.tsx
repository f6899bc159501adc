'use client';

import { useEffect, useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { PasswordField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { resetPassword } from '@/lib/workflows/passwords/actions';
import { resetPasswordInput } from '@/lib/workflows/passwords/schema';

/** Sets a new password by the token of a mailed link. Nothing happens before it is sent. */
export function ResetPasswordForm({ token }: { token: string }) {
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);
  const doneHeading = useRef<HTMLDivElement>(null);
  const [done, setDone] = useState(false);

  useEffect(() => {
    if (done) doneHeading.current?.focus();
  }, [done]);

  async function submit() {
    const field = element.current?.querySelector('input');
    const parsed = resetPasswordInput.safeParse({ token, password: field?.value ?? '' });
    if (!parsed.success) {
      form.refuse(toErrors(parsed.error.issues));
      field?.focus();
      return;
    }
    if (await form.run(() => resetPassword(parsed.data))) setDone(true);
  }

  if (done)
    return (
      <div ref={doneHeading} tabIndex={-1} className="outline-none" role="status">
        <CardHeading title="Your password is set">
          All your sessions were signed out. Sign in with the new password.
        </CardHeading>
        <Button asChild className="w-full">
          <a href="/login">Sign in</a>
        </Button>
      </div>
    );

  return (
    <>
      <CardHeading title="Set a new password">
        You are signed out everywhere, and sign in with the new one.
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
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          required
          hint="At least 10 characters. A few words work well."
          error={form.errors.password}
          onChange={() => form.clear('password')}
        />
        {form.failure && <FormError>{form.failure}</FormError>}
        <SubmitButton pending={form.pending} pendingLabel="Saving…">
          Set password
        </SubmitButton>
      </form>
    </>
  );
}
