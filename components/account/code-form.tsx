'use client';

import { useEffect, useRef } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import type { ActionResult } from '@/lib/http/action-result';

/** Asks for a code of the second factor, or a recovery code, and does something with it. */
export function CodeForm<T>({
  explanation,
  verb,
  doing,
  danger = false,
  onCancel,
  submit,
  onDone,
}: {
  explanation: string;
  verb: string;
  doing: string;
  danger?: boolean;
  onCancel: () => void;
  submit: (code: string) => Promise<ActionResult<T>>;
  onDone: (data: T) => void;
}) {
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);
  const field = () => element.current?.querySelector('input');

  useEffect(() => {
    element.current?.querySelector('input')?.focus();
  }, []);

  async function send() {
    const code = field()?.value.trim() ?? '';
    if (!code) return form.refuse({ code: 'Type the code.' });
    const data = await form.run(() => submit(code));
    if (data) onDone(data);
    else field()?.select();
  }

  return (
    <form
      ref={element}
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <p className="text-sm text-pretty">{explanation}</p>
      <TextField
        label="Code"
        name="code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        required
        hint="Six digits of your authenticator app, or a recovery code."
        error={form.errors.code}
        onChange={() => form.clear('code')}
        className="num max-w-64"
      />
      {form.failure && <FormError>{form.failure}</FormError>}
      <div className="flex flex-wrap gap-2">
        <BusyButton
          type="submit"
          variant={danger ? 'destructive' : 'default'}
          pending={form.pending}
          pendingLabel={doing}
        >
          {verb}
        </BusyButton>
        <Button type="button" variant="ghost" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
