'use client';

import { useId, useRef, useState } from 'react';
import { plural } from '@/components/data/format';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { InviteFooter } from '@/components/invitations/invite-footer';
import { LineList } from '@/components/invitations/line-list';
import { type Known, previewList } from '@/components/invitations/preview';
import { RoleField } from '@/components/invitations/role-field';
import { Label } from '@/components/ui/label';
import type { Role } from '@/lib/auth/schema';
import { inviteList } from '@/lib/workflows/invitations/actions';
import { type InvitedList, inviteListInput } from '@/lib/workflows/invitations/schema';

/** Invites the addresses of a pasted list, and shows beforehand what was understood of it. */
export function InviteListForm({
  known,
  pending,
  onPending,
  onCancel,
  onInvited,
}: {
  known: Known;
  pending: boolean;
  onPending: (pending: boolean) => void;
  onCancel: () => void;
  onInvited: (result: InvitedList) => void;
}) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = useRef(false);
  const [list, setList] = useState('');
  const [role, setRole] = useState<Role>('analyst');
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);
  const lines = previewList(list, known);
  const ready = lines.filter(({ outcome }) => outcome === 'invited').length;

  function refuse(message: string) {
    setError(message);
    field.current?.focus();
  }

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const parsed = inviteListInput.safeParse({ list, role });
    if (!parsed.success) {
      refuse(parsed.error.issues[0]?.message ?? 'Paste at least one address.');
      return;
    }
    if (ready === 0) {
      refuse('None of these can be invited: each line says why.');
      return;
    }
    busy.current = true;
    onPending(true);
    try {
      const result = await inviteList(parsed.data);
      if (result.ok) onInvited(result.data);
      else {
        const issue = result.error.issues.find(({ path }) => path === 'list');
        if (issue) refuse(issue.message);
        else setFailure(result.error.message);
      }
    } catch (error) {
      setFailure(
        describeUnreached(error, 'The server could not be reached. Reload the page to see who is invited.'),
      );
    }
    busy.current = false;
    onPending(false);
  }

  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="flex min-w-0 flex-col gap-2">
        <Label htmlFor={id}>Addresses</Label>
        <textarea
          ref={field}
          id={id}
          name="list"
          rows={4}
          value={list}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={'ben@example.com\nAda Okafor <ada@example.com>'}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-note`}
          className="max-h-60 min-h-24 w-full resize-y rounded-md border border-input bg-background px-3 py-2 text-base shadow-xs transition-[color,box-shadow] outline-none placeholder:text-muted-foreground/70 focus-visible:border-ring focus-visible:ring-[3px] focus-visible:ring-ring/50 aria-invalid:border-destructive aria-invalid:ring-destructive/20 md:text-sm dark:bg-input/30"
          onChange={(event) => {
            setList(event.target.value);
            setError(undefined);
          }}
        />
        <p
          id={`${id}-note`}
          className={`text-xs leading-snug ${error ? 'text-destructive' : 'text-muted-foreground'}`}
        >
          {error ?? 'One a line, or with commas or semicolons between them. Up to 100.'}
        </p>
      </div>
      {lines.length > 0 && <LineList lines={lines} label="What was understood" />}
      <RoleField value={role} onChange={setRole} />
      {failure && <FormError>{failure}</FormError>}
      <InviteFooter pending={pending} disabled={ready === 0} onCancel={onCancel}>
        {ready === 0 ? 'Send invitations' : `Send ${plural(ready, 'invitation')}`}
      </InviteFooter>
    </form>
  );
}
