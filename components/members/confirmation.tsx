'use client';

import { Loader2Icon } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import type { Outcome } from '@/components/forms/typed-confirmation';
import {
  AlertDialog,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
} from '@/components/ui/alert-dialog';
import { Button } from '@/components/ui/button';

/**
 * A question before something that others will feel, but that can be put right: one click more, and no name to type. The
 * dialog stays open with a sentence when it fails.
 */
export function Confirmation({
  open,
  onClose,
  title,
  description,
  verb,
  doing,
  onConfirm,
  focusAfter,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description: ReactNode;
  /** Text of the button that does it, before and while it does. */
  verb: string;
  doing: string;
  /** May throw where the server cannot be reached. */
  onConfirm: () => Promise<Outcome>;
  /** The id of what takes the focus once it is done: the button that asked may be gone. */
  focusAfter: string;
}) {
  const busy = useRef(false);
  const done = useRef(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  function close() {
    if (busy.current) return;
    setFailure(null);
    onClose();
  }

  async function confirm() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setFailure(null);
    const outcome = await onConfirm().catch(
      (error: unknown): Outcome => ({ done: false, failure: describeUnreached(error) }),
    );
    if (outcome.done && outcome.leaving) return; // stays busy
    busy.current = false;
    setPending(false);
    done.current = outcome.done;
    if (outcome.done) onClose();
    else setFailure(outcome.failure);
  }

  return (
    <AlertDialog open={open} onOpenChange={(wanted) => !wanted && close()}>
      <AlertDialogContent
        className="[&>*]:min-w-0"
        onCloseAutoFocus={(event) => {
          if (!done.current) return;
          event.preventDefault();
          document.getElementById(focusAfter)?.focus();
        }}
      >
        <AlertDialogHeader className="text-left">
          <AlertDialogTitle className="wrap-anywhere">{title}</AlertDialogTitle>
          <AlertDialogDescription className="wrap-anywhere text-pretty">{description}</AlertDialogDescription>
        </AlertDialogHeader>
        {failure && <FormError>{failure}</FormError>}
        <AlertDialogFooter>
          <Button type="button" variant="outline" disabled={pending} onClick={close}>
            Cancel
          </Button>
          <Button
            type="button"
            variant="destructive"
            aria-disabled={pending}
            className="aria-disabled:opacity-50"
            onClick={() => void confirm()}
          >
            {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
            {pending ? doing : verb}
          </Button>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}
