'use client';

import { useRef, useState } from 'react';
import { useReloadOnReturn } from '@/components/auth/use-reload-on-return';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { PasswordField, TextField } from '@/components/forms/text-field';
import { joinByInvitation } from '@/lib/workflows/invitation-acceptance/actions';
import { joinInput } from '@/lib/workflows/invitation-acceptance/schema';

type Errors = { name?: string | undefined; password?: string | undefined };

/** Makes an account for who was invited and has none. The address is the invitation's, and cannot be another. */
export function JoinForm({ token, email, workspace }: { token: string; email: string; workspace: string }) {
  useReloadOnReturn();
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [failure, setFailure] = useState<{ message: string; hasAccount?: boolean } | null>(null);

  function input(name: keyof Errors): HTMLInputElement | null {
    return form.current?.querySelector<HTMLInputElement>(`[name="${name}"]`) ?? null;
  }

  function showErrors(issues: readonly { path: string; message: string }[]): boolean {
    const found: Errors = {
      name: issues.find(({ path }) => path === 'name')?.message,
      password: issues.find(({ path }) => path === 'password')?.message,
    };
    setErrors(found);
    const first = found.name ? 'name' : found.password ? 'password' : null;
    if (first) input(first)?.focus();
    return first !== null;
  }

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const values = { token, name: input('name')?.value ?? '', password: input('password')?.value ?? '' };
    const parsed = joinInput.safeParse(values);
    if (!parsed.success) {
      showErrors(parsed.error.issues.map((one) => ({ path: one.path.join('.'), message: one.message })));
      return;
    }
    busy.current = true;
    setPending(true);
    setErrors({});
    try {
      const result = await joinByInvitation(values);
      if (result.ok) {
        window.location.assign(result.data.url);
        return; // stays busy: the browser is leaving
      }
      const { code, message, issues } = result.error;
      if (!showErrors(issues)) setFailure({ message, hasAccount: code === 'conflict' });
    } catch (error) {
      setFailure({ message: describeUnreached(error) });
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <form
      ref={form}
      method="post"
      noValidate
      className="flex flex-col gap-4.5"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        readOnly
        value={email}
        className="bg-muted text-muted-foreground dark:bg-muted"
      />
      <TextField
        label="Your name"
        name="name"
        autoComplete="name"
        required
        error={errors.name}
        onChange={() => setErrors(({ password }) => ({ password }))}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        required
        hint="At least 10 characters. A few words work well."
        error={errors.password}
        onChange={() => setErrors(({ name }) => ({ name }))}
      />
      {failure && (
        <FormError>
          {failure.message}
          {failure.hasAccount && (
            <button
              type="button"
              className="w-fit font-medium underline underline-offset-4"
              onClick={() => window.location.reload()}
            >
              Go on
            </button>
          )}
        </FormError>
      )}
      <SubmitButton pending={pending} pendingLabel="Joining…">
        Create account and join
      </SubmitButton>
      <p className="text-center text-xs text-muted-foreground text-pretty">
        You join {workspace} with this account, and can sign in with it from now on.
      </p>
    </form>
  );
}
