'use client';

import { Loader2Icon } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Failure } from '@/components/api-keys/use-key-action';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';
import { DialogDescription, DialogFooter, DialogHeader, DialogTitle } from '@/components/ui/dialog';

/** A form in a dialog: what it is for, its fields, what went wrong, and its two buttons. */
export function KeyForm({
  title,
  description,
  verb,
  doing,
  pending,
  failure,
  onSubmit,
  onCancel,
  children,
}: {
  title: ReactNode;
  description: ReactNode;
  verb: string;
  doing: string;
  pending: boolean;
  failure: Failure | null;
  onSubmit: (form: HTMLFormElement) => void;
  onCancel: () => void;
  children?: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);

  // At the top of a long form a failure above the buttons would not be seen.
  useEffect(() => {
    if (failure) form.current?.querySelector('[role=alert]')?.scrollIntoView({ block: 'nearest' });
  }, [failure]);

  return (
    <>
      <DialogHeader className="pr-6 text-left">
        <DialogTitle className="leading-snug wrap-anywhere">{title}</DialogTitle>
        <DialogDescription>{description}</DialogDescription>
      </DialogHeader>
      <form
        ref={form}
        noValidate
        className="flex min-w-0 flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(event.currentTarget);
        }}
      >
        {children}
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
            {pending ? doing : verb}
          </Button>
        </DialogFooter>
      </form>
    </>
  );
}
