'use client';

import { toast } from 'sonner';
import { KeyForm } from '@/components/api-keys/key-form';
import type { FormProps } from '@/components/api-keys/key-state';
import { useKeyAction } from '@/components/api-keys/use-key-action';
import { TextField } from '@/components/forms/text-field';
import { renameApiKey } from '@/lib/api-keys/actions';
import { renameApiKeyInput } from '@/lib/api-keys/schema';

/** Asks for a key's new name. */
export function RenameKeyForm({ apiKey, pending, onPending, onCancel, onDone }: FormProps) {
  const { submit, errors, setErrors, failure } = useKeyAction(renameApiKey, {
    fields: ['name'],
    onPending,
    onDone: ({ name }) => {
      toast.success(`The key is called “${name}” now.`);
      onDone();
    },
  });

  async function send(form: HTMLFormElement) {
    const parsed = renameApiKeyInput.safeParse({ id: apiKey.id, name: new FormData(form).get('name') });
    if (parsed.success) await submit(parsed.data);
    else setErrors({ name: parsed.error.issues[0]?.message ?? 'Give the key a name.' });
    form.querySelector('input')?.focus();
  }

  return (
    <KeyForm
      title={`Rename “${apiKey.name}”`}
      description="The key itself stays the same."
      verb="Rename key"
      doing="Renaming…"
      pending={pending}
      failure={failure}
      onSubmit={(form) => void send(form)}
      onCancel={onCancel}
    >
      <TextField
        label="Name"
        name="name"
        autoComplete="off"
        required
        defaultValue={apiKey.name}
        error={errors.name}
        onChange={() => setErrors({})}
      />
    </KeyForm>
  );
}
