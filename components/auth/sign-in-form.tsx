'use client';

import { MailIcon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { Or, ProviderButtons } from '@/components/auth/provider-buttons';
import { requestSignInLink, signInWithPassword } from '@/components/auth/sign-in';
import { useReloadOnReturn } from '@/components/auth/use-reload-on-return';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { PasswordField, TextField } from '@/components/forms/text-field';
import { Button } from '@/components/ui/button';
import { describeSignInError, emailSchema, type ProviderLink, signInErrors } from '@/lib/auth/schema';

const unreachable = 'The server could not be reached. Check your connection and try again.';

/**
 * Signing in with e-mail and password, by a mailed link, or by a provider. On success the browser loads `next` anew. The
 * fields are read from the form itself, so that what was typed before the page came alive is not lost.
 */
export function SignInForm({
  tenantName,
  next,
  error: earlier,
  providers,
  forgotPasswordUrl,
  signUpUrl,
}: {
  tenantName?: string;
  next: string;
  /** What became of a sign-in that led back here: the code in the address. */
  error?: string | undefined;
  providers: readonly ProviderLink[];
  forgotPasswordUrl: string;
  signUpUrl: string;
}) {
  useReloadOnReturn();
  const form = useRef<HTMLFormElement>(null);
  const sentHeading = useRef<HTMLDivElement>(null);
  const busy = useRef(false);
  const [pending, setPending] = useState<'password' | 'link' | null>(null);
  const [error, setError] = useState<string | null>(describeSignInError(earlier));
  const [fieldErrors, setFieldErrors] = useState<{ email?: string; password?: string }>({});
  const [sentTo, setSentTo] = useState<string | null>(null);

  useEffect(() => {
    if (sentTo) sentHeading.current?.focus();
  }, [sentTo]);

  function field(name: 'email' | 'password'): HTMLInputElement | null {
    return form.current?.querySelector<HTMLInputElement>(`[name="${name}"]`) ?? null;
  }

  async function submit(way: 'password' | 'link') {
    if (busy.current) return;
    const email = emailSchema.safeParse(field('email')?.value ?? '');
    const password = field('password')?.value ?? '';
    const errors = {
      ...(!email.success && { email: 'Type your e-mail address, like name@example.com.' }),
      ...(way === 'password' && password === '' && { password: 'Type your password.' }),
    };
    setError(null);
    setFieldErrors(errors);
    if (!email.success || errors.password) {
      field(email.success ? 'password' : 'email')?.focus();
      return;
    }

    busy.current = true;
    setPending(way);
    const outcome = await (way === 'password'
      ? signInWithPassword(email.data, password)
      : requestSignInLink(email.data, next));
    if (outcome.kind === 'ok' && way === 'password') {
      window.location.assign(next);
      return;
    }
    busy.current = false;
    setPending(null);
    const refusal = outcome.kind === 'refused' ? outcome.code : null;
    if (outcome.kind === 'unreachable') {
      setError(unreachable);
    } else if (refusal && tellsNothingOfAccounts(refusal)) {
      setError(describeSignInError(refusal));
    } else if (way === 'link') {
      setSentTo(email.data); // also when refused: the answer must not tell who has an account
    } else {
      setError(signInErrors.CredentialsSignin);
      field('password')?.focus();
      field('password')?.select();
    }
  }

  if (sentTo) {
    return (
      <div ref={sentHeading} tabIndex={-1} className="outline-none" role="status">
        <CardHeading title="Look into your inbox">
          If an account exists for <strong className="font-medium text-foreground">{sentTo}</strong>, a link
          is on its way. It signs you in on this device.
        </CardHeading>
        <Button type="button" variant="outline" className="w-full" onClick={() => setSentTo(null)}>
          Back to sign-in
        </Button>
      </div>
    );
  }

  return (
    <>
      <CardHeading title={tenantName ? `Sign in to ${tenantName}` : 'Sign in'} />
      <form
        ref={form}
        method="post"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          void submit('password');
        }}
      >
        {error && <FormError>{error}</FormError>}
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          error={fieldErrors.email}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          error={fieldErrors.password}
        />
        <a
          href={forgotPasswordUrl}
          className="-mt-3 self-end text-sm text-muted-foreground underline-offset-4 hover:text-foreground hover:underline"
          onClick={(event) => {
            const typed = field('email')?.value.trim();
            const query = typed ? `?email=${encodeURIComponent(typed.toWellFormed())}` : '';
            event.currentTarget.href = forgotPasswordUrl + query;
          }}
        >
          Forgot password?
        </a>
        <SubmitButton
          pending={pending !== null}
          pendingLabel={pending === 'link' ? 'Sending the link…' : 'Signing in…'}
        >
          Sign in
        </SubmitButton>
      </form>
      <Or />
      <div className="flex flex-col gap-3">
        <ProviderButtons providers={providers} />
        <Button
          type="button"
          variant="outline"
          className="w-full"
          disabled={pending !== null}
          onClick={() => void submit('link')}
        >
          <MailIcon aria-hidden="true" />
          E-mail me a sign-in link
        </Button>
      </div>
      <p className="mt-6 text-center text-sm text-muted-foreground">
        New here?{' '}
        <a href={signUpUrl} className="font-medium text-primary underline-offset-4 hover:underline">
          Create a workspace
        </a>
      </p>
    </>
  );
}

/** A limit counts what was typed, whoever it belongs to, and a failure is the same for all. */
function tellsNothingOfAccounts(code: string): boolean {
  return code.startsWith('limited-') || code === 'Unavailable';
}
