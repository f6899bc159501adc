'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { Button } from '@/components/ui/button';
import { renameTenant } from '@/lib/tenants/actions';
import { renameTenantInput } from '@/lib/tenants/schema';

/** The workspace's name, to be changed in place. */
export function RenameWorkspace({ name }: { name: string }) {
  const router = useRouter();
  const busy = useRef(false);
  const [typed, setTyped] = useState(name);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const parsed = renameTenantInput.safeParse({ name: typed });
    if (!parsed.success) {
      setError(parsed.error.issues[0]?.message ?? 'Give the workspace a name.');
      return;
    }
    busy.current = true;
    setPending(true);
    try {
      const result = await renameTenant(parsed.data);
      if (result.ok) {
        setTyped(result.data.name);
        toast.success('The name is changed.');
        router.refresh();
      } else setFailure(result.error.message);
    } catch (error) {
      setFailure(describeUnreached(error));
    }
    busy.current = false;
    setPending(false);
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
        label="Workspace name"
        name="name"
        autoComplete="off"
        required
        value={typed}
        error={error}
        onChange={(event) => {
          setTyped(event.target.value);
          setError(undefined);
        }}
      />
      {failure && <FormError>{failure}</FormError>}
      <Button
        type="submit"
        className="self-start aria-disabled:opacity-50"
        aria-disabled={pending || typed.trim() === name}
      >
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? 'Saving…' : 'Save name'}
      </Button>
    </form>
  );
}
