'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { toErrors, useSubmit } from '@/components/forms/use-submit';
import { renamePerson } from '@/lib/workflows/account/actions';
import { renameInput } from '@/lib/workflows/account/schema';

/** The person's name, to be changed in place. */
export function NameForm({ name }: { name: string }) {
  const router = useRouter();
  const form = useSubmit();
  const [typed, setTyped] = useState(name);

  async function submit() {
    const parsed = renameInput.safeParse({ name: typed });
    if (!parsed.success) return form.refuse(toErrors(parsed.error.issues));
    const saved = await form.run(() => renamePerson(parsed.data));
    if (!saved) return;
    setTyped(saved.name);
    toast.success('Your name is changed.');
    router.refresh();
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
      <TextField
        label="Name"
        name="name"
        autoComplete="name"
        required
        value={typed}
        error={form.errors.name}
        onChange={(event) => {
          setTyped(event.target.value);
          form.clear('name');
        }}
      />
      {form.failure && <FormError>{form.failure}</FormError>}
      <BusyButton type="submit" pending={form.pending} pendingLabel="Saving…" className="self-start">
        Save name
      </BusyButton>
    </form>
  );
}
