'use client';

import { MailIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { PasswordField, TextField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { cancelEmailChange, requestEmailChange } from '@/lib/workflows/email-change/actions';
import { requestEmailChangeInput } from '@/lib/workflows/email-change/schema';

/** The address, what is under way with it, and the form that asks for another. */
export function EmailSection({
  email,
  pendingEmail,
  asksPassword,
}: {
  email: string;
  pendingEmail: string | null;
  asksPassword: boolean;
}) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm font-medium wrap-anywhere">{email}</p>
      {pendingEmail && <PendingChange pendingEmail={pendingEmail} />}
      {open ? (
        <ChangeForm asksPassword={asksPassword} onDone={() => setOpen(false)} />
      ) : (
        <Button type="button" variant="outline" className="self-start" onClick={() => setOpen(true)}>
          {pendingEmail ? 'Choose another address' : 'Change address'}
        </Button>
      )}
    </div>
  );
}

function PendingChange({ pendingEmail }: { pendingEmail: string }) {
  const router = useRouter();
  const form = useSubmit();
  return (
    <div className="flex flex-col gap-3 rounded-md border bg-muted/40 p-3 text-sm" role="status">
      <p className="flex gap-2">
        <MailIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
        <span className="min-w-0 text-pretty wrap-anywhere">
          We wrote to <strong className="font-medium">{pendingEmail}</strong>. Follow the link in that mail
          within a day, and it becomes your address. Until then nothing changes.
        </span>
      </p>
      {form.failure && <FormError>{form.failure}</FormError>}
      <BusyButton
        type="button"
        variant="outline"
        size="sm"
        className="self-start"
        pending={form.pending}
        pendingLabel="Stopping…"
        onClick={async () => {
          if (await form.run(() => cancelEmailChange({}))) router.refresh();
        }}
      >
        Keep my present address
      </BusyButton>
    </div>
  );
}

function ChangeForm({ asksPassword, onDone }: { asksPassword: boolean; onDone: () => void }) {
  const router = useRouter();
  const form = useSubmit();
  const element = useRef<HTMLFormElement>(null);

  useEffect(() => {
    element.current?.querySelector('input')?.focus();
  }, []);

  async function submit(data: FormData) {
    const values = {
      email: String(data.get('email') ?? ''),
      ...(asksPassword && { password: String(data.get('password') ?? '') }),
    };
    const parsed = requestEmailChangeInput.safeParse(values);
    if (!parsed.success) return form.refuse(toErrors(parsed.error.issues));
    if (!(await form.run(() => requestEmailChange(parsed.data)))) return;
    toast.success('A link is on its way to the new address.');
    onDone();
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
      <TextField
        label="New e-mail"
        name="email"
        type="email"
        autoComplete="email"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={form.errors.email}
      />
      {asksPassword && (
        <PasswordField
          label="Your password"
          name="password"
          autoComplete="current-password"
          required
          error={form.errors.password}
        />
      )}
      {form.failure && <FormError>{form.failure}</FormError>}
      <div className="flex flex-wrap gap-2">
        <BusyButton type="submit" pending={form.pending} pendingLabel="Sending…">
          Send the link
        </BusyButton>
        <Button type="button" variant="ghost" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
