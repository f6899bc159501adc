'use client';

import { useEffect, useRef, useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { CopyButton } from '@/components/data/copy-button';
import { FormError } from '@/components/forms/form-error';
import { PasswordField, TextField } from '@/components/forms/text-field';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { beginSecondFactor, confirmSecondFactor } from '@/lib/workflows/second-factor/actions';
import type { Begun } from '@/lib/workflows/second-factor/schema';

/** Turning the second factor on: the password, then the QR code and a first code of the authenticator. */
export function EnrolTwoFactor({
  asksPassword,
  onCodes,
  onCancel,
}: {
  asksPassword: boolean;
  onCodes: (codes: string[]) => void;
  onCancel: () => void;
}) {
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);
  const [begun, setBegun] = useState<Begun | null>(null);
  const field = () => element.current?.querySelector('input');

  // biome-ignore lint/correctness/useExhaustiveDependencies: each step begins at its field
  useEffect(() => {
    element.current?.querySelector('input')?.focus();
  }, [begun]);

  async function begin() {
    const password = asksPassword ? (field()?.value ?? '') : undefined;
    if (password === '') return form.refuse({ password: 'Type your password.' });
    const data = await form.run(() => beginSecondFactor(password === undefined ? {} : { password }));
    if (data) setBegun(data);
    else field()?.select();
  }

  async function confirm() {
    const code = field()?.value.trim() ?? '';
    if (!code) return form.refuse({ code: 'Type the code that the app shows.' });
    const data = await form.run(() => confirmSecondFactor({ code }));
    if (data) onCodes(data.codes);
    else field()?.select();
  }

  return (
    <form
      key={begun ? 'confirm' : 'begin'}
      ref={element}
      method="post"
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void (begun ? confirm() : begin());
      }}
    >
      {begun ? (
        <>
          <div className="flex flex-col gap-4 sm:flex-row sm:items-start">
            {/* biome-ignore lint/performance/noImgElement: a data address, made for this page alone */}
            <img
              src={begun.qrCode}
              alt="QR code of the secret, which also stands beside it as text"
              className="size-44 shrink-0 self-center rounded-md border bg-white p-1 sm:self-start"
            />
            <div className="flex min-w-0 flex-col gap-3 text-sm">
              <p className="text-pretty">
                Scan this with an authenticator app, such as 1Password, Aegis or Google Authenticator.
              </p>
              <div>
                <p className="text-muted-foreground">Or type the secret in:</p>
                <p className="mt-1 flex items-center gap-1">
                  <code className="font-mono text-xs wrap-anywhere select-all">{inGroups(begun.secret)}</code>
                  <CopyButton text={begun.secret} label="the secret" iconOnly />
                </p>
              </div>
            </div>
          </div>
          <TextField
            label="Code that the app shows"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
            required
            error={form.errors.code}
            onChange={() => form.clear('code')}
            className="num max-w-40"
          />
        </>
      ) : asksPassword ? (
        <PasswordField
          label="Your password"
          name="password"
          autoComplete="current-password"
          required
          error={form.errors.password}
          onChange={() => form.clear('password')}
        />
      ) : (
        <p className="text-sm text-pretty">You need an authenticator app on your phone or computer.</p>
      )}
      {form.failure && <FormError>{form.failure}</FormError>}
      <div className="flex flex-wrap gap-2">
        <BusyButton type="submit" pending={form.pending} pendingLabel={begun ? 'Checking…' : 'One moment…'}>
          {begun ? 'Turn on' : 'Continue'}
        </BusyButton>
        <Button type="button" variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** Four letters at a time, as one types them. */
function inGroups(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? secret;
}
