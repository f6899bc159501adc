'use client';

import { Loader2Icon } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
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

/** What came of the deed: done (`leaving`: the browser goes elsewhere, so the dialog stays as it is), or a sentence. */
export type Outcome = { done: true; leaving?: boolean } | { done: false; failure: string };

type Props = {
  /** The button that opens the dialog; none where something else does, by `shown`. */
  trigger?: ReactNode;
  shown?: boolean;
  /** The dialog wants to open or close. */
  onShown?: (shown: boolean) => void;
  title: ReactNode;
  description: ReactNode;
  /** Label of the field, and what has to be typed into it. */
  label: string;
  expected: string;
  /** Whether capital letters count. */
  exact?: boolean;
  /** What is shown when something else was typed. */
  mistake: string;
  /** Text of the button that does it, before and while it does. */
  verb: string;
  doing: string;
  /** What is shown when the server did not answer. */
  unreachable: string;
  /** Called with what was typed. May throw where the server cannot be reached. */
  onConfirm: (typed: string) => Promise<Outcome>;
  /** The id of what takes the focus afterwards, where the trigger is about to leave the page. */
  focusAfter?: string;
};

/** A button for what cannot be undone: a dialog says what will happen, and wants the thing's name typed. */
export function TypedConfirmation({ expected, exact = false, ...props }: Props) {
  const busy = useRef(false);
  const done = useRef(false);
  const form = useRef<HTMLFormElement>(null);
  const [opened, setOpened] = useState(false);
  const open = props.shown ?? opened;
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);
  const given = typed.trim();
  const isRight = exact ? given === expected : given.toLowerCase() === expected.toLowerCase();
  const focusField = () => form.current?.querySelector('input')?.focus();

  function setOpen(wanted: boolean) {
    setOpened(wanted);
    props.onShown?.(wanted);
  }

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
      setError(props.mistake);
      focusField();
      return;
    }
    busy.current = true;
    setPending(true);
    setFailure(null);
    const outcome = await props.onConfirm(typed).catch(
      (error: unknown): Outcome => ({
        done: false,
        failure: describeUnreached(error, props.unreachable),
      }),
    );
    if (outcome.done && outcome.leaving) return; // stays busy
    if (outcome.done) {
      done.current = true;
      setOpen(false);
    } else setFailure(outcome.failure);
    busy.current = false;
    setPending(false);
  }

  return (
    <AlertDialog open={open} onOpenChange={show}>
      {props.trigger && <AlertDialogTrigger asChild>{props.trigger}</AlertDialogTrigger>}
      <AlertDialogContent
        className="[&>*]:min-w-0"
        onOpenAutoFocus={(event) => {
          event.preventDefault();
          focusField();
        }}
        onCloseAutoFocus={(event) => {
          if (!done.current || !props.focusAfter) return;
          event.preventDefault();
          document.getElementById(props.focusAfter)?.focus();
        }}
      >
        <AlertDialogHeader className="text-left">
          <AlertDialogTitle className="wrap-anywhere">{props.title}</AlertDialogTitle>
          <AlertDialogDescription>{props.description}</AlertDialogDescription>
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
            label={props.label}
            name="confirmation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={typed}
            hint={<span className="wrap-anywhere select-all">{expected}</span>}
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
              {pending ? props.doing : props.verb}
            </Button>
          </AlertDialogFooter>
        </form>
      </AlertDialogContent>
    </AlertDialog>
  );
}
