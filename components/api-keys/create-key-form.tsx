'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { Button } from '@/components/ui/button';
import { DialogDescription, DialogFooter, DialogHeader, DialogTitle } from '@/components/ui/dialog';
import { createApiKey } from '@/lib/api-keys/actions';
import { type CreatedApiKey, createApiKeyInput } from '@/lib/api-keys/schema';

/** Asks for a key's name and makes it. What the server finds wrong with the name stands at the field. */
export function CreateKeyForm({
  pending,
  onPending,
  onCancel,
  onCreated,
}: {
  pending: boolean;
  onPending: (pending: boolean) => void;
  onCancel: () => void;
  onCreated: (created: CreatedApiKey) => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const [nameError, setNameError] = useState<string>();
  const [failure, setFailure] = useState<{ message: string; requestId?: string } | null>(null);

  function refuse(message: string) {
    setNameError(message);
    form.current?.querySelector('input')?.focus();
  }

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const parsed = createApiKeyInput.safeParse({ name: form.current?.querySelector('input')?.value ?? '' });
    if (!parsed.success) {
      refuse(parsed.error.issues[0]?.message ?? 'Give the key a name.');
      return;
    }
    busy.current = true;
    onPending(true);
    try {
      const result = await createApiKey(parsed.data);
      if (result.ok) {
        onCreated(result.data);
      } else {
        const { message, requestId, issues, code } = result.error;
        const issue = issues.find(({ path }) => path === 'name');
        if (issue) refuse(issue.message);
        else setFailure({ message, ...(code === 'internal' && { requestId }) });
      }
    } catch {
      setFailure({
        message: 'The server could not be reached. Reload the page to see whether the key was made.',
      });
    }
    busy.current = false;
    onPending(false);
  }

  return (
    <>
      <DialogHeader className="pr-6 text-left">
        <DialogTitle>Create an API key</DialogTitle>
        <DialogDescription>It can send traces and read them, in this workspace only.</DialogDescription>
      </DialogHeader>
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
          label="Name"
          name="name"
          autoComplete="off"
          required
          hint="Which application will use it: “Support bot, production”."
          error={nameError}
          onChange={() => setNameError(undefined)}
        />
        {failure && (
          <FormError>
            {failure.message}
            {failure.requestId && (
              <span className="text-xs">
                Request id: <code className="font-mono wrap-anywhere select-all">{failure.requestId}</code>
              </span>
            )}
          </FormError>
        )}
        <DialogFooter>
          <Button type="button" variant="outline" disabled={pending} onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" aria-disabled={pending} className="aria-disabled:opacity-50">
            {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
            {pending ? 'Creating…' : 'Create key'}
          </Button>
        </DialogFooter>
      </form>
    </>
  );
}
