'use client';

import { useRef, useState } from 'react';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { InviteFooter } from '@/components/invitations/invite-footer';
import { RoleField } from '@/components/invitations/role-field';
import type { Role } from '@/lib/auth/schema';
import { inviteMember } from '@/lib/workflows/invitations/actions';
import { inviteInput } from '@/lib/workflows/invitations/schema';

/** Invites one address. What the server finds wrong with it stands at the field. */
export function InviteOneForm({
  pending,
  onPending,
  onCancel,
  onInvited,
}: {
  pending: boolean;
  onPending: (pending: boolean) => void;
  onCancel: () => void;
  onInvited: (email: string) => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const [role, setRole] = useState<Role>('analyst');
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);

  function refuse(message: string) {
    setError(message);
    form.current?.querySelector('input')?.focus();
  }

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const parsed = inviteInput.safeParse({ email: form.current?.querySelector('input')?.value ?? '', role });
    if (!parsed.success) {
      refuse('Type an e-mail address, like name@example.com.');
      return;
    }
    busy.current = true;
    onPending(true);
    try {
      const result = await inviteMember(parsed.data);
      if (result.ok) onInvited(result.data.email);
      else {
        const issue = result.error.issues.find(({ path }) => path === 'email');
        if (issue) refuse(issue.message);
        else setFailure(result.error.message);
      }
    } catch (error) {
      setFailure(
        describeUnreached(
          error,
          'The server could not be reached. Reload the page to see whether it was sent.',
        ),
      );
    }
    busy.current = false;
    onPending(false);
  }

  return (
    <form
      ref={form}
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        error={error}
        onChange={() => setError(undefined)}
      />
      <RoleField value={role} onChange={setRole} />
      {failure && <FormError>{failure}</FormError>}
      <InviteFooter pending={pending} onCancel={onCancel}>
        Send invitation
      </InviteFooter>
    </form>
  );
}
