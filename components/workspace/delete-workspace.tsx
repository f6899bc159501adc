'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
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
import { requestDeletion } from '@/lib/workflows/deletion/actions';

/** A button that asks for the workspace to be deleted, once its address has been typed. */
export function DeleteWorkspace({ name, slug }: { name: string; slug: string }) {
  const busy = useRef(false);
  const form = useRef<HTMLFormElement>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);
  const isRight = typed.trim().toLowerCase() === slug;

  function show(wanted: boolean) {
    if (busy.current) return;
    setTyped('');
    setError(undefined);
    setFailure(null);
    setOpen(wanted);
  }

  async function submit() {
    if (busy.current) return;
    if (!isRight) {
      setError('That is not its address.');
      form.current?.querySelector('input')?.focus();
      return;
    }
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await requestDeletion({ slug: typed });
      if (result.ok) {
        window.location.assign('/');
        return; // stays busy: the browser is leaving
      }
      setFailure(result.error.message);
    } catch {
      setFailure('The server could not be reached. Reload the page to see whether the workspace is closed.');
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <AlertDialog open={open} onOpenChange={show}>
      <AlertDialogTrigger asChild>
        <Button type="button" variant="outline" className="text-destructive hover:text-destructive">
          Delete workspace
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent
        className="[&>*]:min-w-0"
        onOpenAutoFocus={(event) => {
          event.preventDefault();
          form.current?.querySelector('input')?.focus();
        }}
      >
        <AlertDialogHeader className="text-left">
          <AlertDialogTitle className="wrap-anywhere">Delete {name}?</AlertDialogTitle>
          <AlertDialogDescription>
            The console closes and API keys are refused at once. For seven days any admin can undo it; then
            all traces, people and keys of this workspace are erased for good.
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
            label="Type the workspace’s address to confirm"
            name="confirmation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            hint={<span className="font-mono wrap-anywhere select-all">{slug}</span>}
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
              aria-disabled={pending || !isRight}
              className="aria-disabled:opacity-50"
            >
              {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
              {pending ? 'Deleting…' : 'Delete workspace'}
            </Button>
          </AlertDialogFooter>
        </form>
      </AlertDialogContent>
    </AlertDialog>
  );
}
