'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { HEADING_ID } from '@/components/api-keys/key-state';
import { FormError } from '@/components/auth/form-error';
import { TextField } from '@/components/auth/text-field';
import {
  AlertDialog,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
  AlertDialogTrigger,
} from '@/components/ui/alert-dialog';
import { Button } from '@/components/ui/button';
import { revokeApiKey } from '@/lib/api-keys/actions';

/** A button that revokes a key, once its name has been typed. */
export function RevokeKey({ id, name }: { id: string; name: string }) {
  const router = useRouter();
  const busy = useRef(false);
  const revoked = useRef(false);
  const form = useRef<HTMLFormElement>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);

  function show(wanted: boolean) {
    if (busy.current) return;
    setTyped('');
    setError(undefined);
    setFailure(null);
    setOpen(wanted);
  }

  async function submit() {
    if (busy.current) return;
    if (typed.trim() !== name) {
      setError('That is not its name. Capital letters count.');
      form.current?.querySelector('input')?.focus();
      return;
    }
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await revokeApiKey({ id });
      if (result.ok) {
        revoked.current = true;
        setOpen(false);
        toast.success(`“${name}” is revoked.`);
        router.refresh();
      } else setFailure(result.error.message);
    } catch {
      setFailure('The server could not be reached. Check your connection and try again.');
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <AlertDialog open={open} onOpenChange={show}>
      <AlertDialogTrigger asChild>
        <Button type="button" variant="outline" size="sm" className="text-destructive hover:text-destructive">
          Revoke<span className="sr-only"> {name}</span>
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent
        className="[&>*]:min-w-0"
        onOpenAutoFocus={(event) => {
          event.preventDefault();
          form.current?.querySelector('input')?.focus();
        }}
        onCloseAutoFocus={(event) => {
          // The row, and the button with it, is about to leave the list.
          if (!revoked.current) return;
          event.preventDefault();
          document.getElementById(HEADING_ID)?.focus();
        }}
      >
        <AlertDialogHeader className="text-left">
          <AlertDialogTitle className="wrap-anywhere">Revoke “{name}”?</AlertDialogTitle>
          <AlertDialogDescription>
            Requests with it are refused at once. This cannot be undone: what uses the key needs a new one.
          </AlertDialogDescription>
        </AlertDialogHeader>
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
            label="Type the key’s name to confirm"
            name="confirmation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            hint={<span className="wrap-any select-all">{name}</span>}
            error={error}
            onChange={(event) => {
              setTyped(event.target.value);
              setError(undefined);
            }}
          />
          {failure && <FormError>{failure}</FormError>}
          <AlertDialogFooter>
            <Button type="button" variant="outline" disabled={pending} onClick={() => show(false)}>
              Cancel
            </Button>
            <Button
              type="submit"
              variant="destructive"
              aria-disabled={pending || typed.trim() !== name}
              className="aria-disabled:opacity-50"
            >
              {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
              {pending ? 'Revoking…' : 'Revoke key'}
            </Button>
          </AlertDialogFooter>
        </form>
      </AlertDialogContent>
    </AlertDialog>
  );
}
