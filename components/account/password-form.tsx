'use client';

import { useRouter } from 'next/navigation';
import { useRef } from 'react';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { PasswordField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { changePassword } from '@/lib/workflows/passwords/actions';
import { changePasswordInput } from '@/lib/workflows/passwords/schema';

/** Changes the password or, where there is none yet, sets one. `email` tells password managers whose it is. */
export function PasswordForm({ hasPassword, email }: { hasPassword: boolean; email: string }) {
  const router = useRouter();
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);

  async function submit(data: FormData) {
    const present = String(data.get('password') ?? '');
    if (hasPassword && present === '') return form.refuse({ password: 'Type your present password.' });
    const parsed = changePasswordInput.safeParse({
      ...(hasPassword && { password: present }),
      newPassword: String(data.get('newPassword') ?? ''),
    });
    if (!parsed.success) return form.refuse(toErrors(parsed.error.issues));
    if (!(await form.run(() => changePassword(parsed.data)))) return;
    element.current?.reset();
    toast.success(hasPassword ? 'Your password is changed.' : 'Your password is set.');
    router.refresh();
  }

  return (
    <form
      ref={element}
      method="post"
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
      onChange={(event) => {
        if (event.target instanceof HTMLInputElement) form.clear(event.target.name);
      }}
    >
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      {hasPassword && (
        <PasswordField
          label="Present password"
          name="password"
          autoComplete="current-password"
          required
          error={form.errors.password}
        />
      )}
      <PasswordField
        label="New password"
        name="newPassword"
        autoComplete="new-password"
        required
        hint="At least 10 characters. A few words work well."
        error={form.errors.newPassword}
      />
      {form.failure && <FormError>{form.failure}</FormError>}
      <BusyButton type="submit" pending={form.pending} pendingLabel="Saving…" className="self-start">
        {hasPassword ? 'Change password' : 'Set password'}
      </BusyButton>
    </form>
  );
}
