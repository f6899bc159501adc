'use client';

import { useEffect, useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { TextField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { requestPasswordReset } from '@/lib/workflows/passwords/actions';
import { requestResetInput } from '@/lib/workflows/passwords/schema';

/** Asks for the link that sets a new password. The answer does not tell whether there is an account. */
export function ForgotPasswordForm() {
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);
  const sentHeading = useRef<HTMLDivElement>(null);
  const [sentTo, setSentTo] = useState<string | null>(null);

  useEffect(() => {
    if (sentTo) sentHeading.current?.focus();
  }, [sentTo]);

  async function submit() {
    const field = element.current?.querySelector('input');
    const parsed = requestResetInput.safeParse({ email: field?.value ?? '' });
    if (!parsed.success) {
      form.refuse(toErrors(parsed.error.issues));
      field?.focus();
      return;
    }
    if (await form.run(() => requestPasswordReset(parsed.data))) setSentTo(parsed.data.email);
  }

  if (sentTo)
    return (
      <div ref={sentHeading} tabIndex={-1} className="outline-none" role="status">
        <CardHeading title="Look into your inbox">
          If an account exists for <strong className="font-medium text-foreground">{sentTo}</strong>, a link
          to set a new password is on its way. It works for an hour.
        </CardHeading>
        <Button asChild variant="outline" className="w-full">
          <a href="/login">Back to sign-in</a>
        </Button>
      </div>
    );

  return (
    <>
      <CardHeading title="Forgot your password?">
        We mail you a link to set a new one, also if you never had one.
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
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          error={form.errors.email}
          onChange={() => form.clear('email')}
        />
        {form.failure && <FormError>{form.failure}</FormError>}
        <SubmitButton pending={form.pending} pendingLabel="Sending…">
          Mail me a link
        </SubmitButton>
      </form>
      <p className="mt-6 text-center text-sm text-muted-foreground">
        <a href="/login" className="font-medium text-primary underline-offset-4 hover:underline">
          Back to sign-in
        </a>
      </p>
    </>
  );
}
