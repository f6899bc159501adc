'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type ComponentProps, type ReactNode, useId, useRef, useState } from 'react';
import { toast } from 'sonner';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import {
  Dialog,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
  DialogTrigger,
} from '@/components/ui/dialog';
import { Label } from '@/components/ui/label';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import type { ActionResult } from '@/lib/http/action-result';

/** A field beside the reason. `options` makes it a choice. */
export type DialogField = {
  name: string;
  label: string;
  hint?: string;
  type?: 'text' | 'number' | 'email' | 'datetime-local';
  initial?: string;
  options?: readonly { value: string; label: string }[];
};

type Values = Record<string, string>;

/**
 * A button for what an operator does: a dialog says what will happen, asks why, and tells what became of it. It stays open
 * with a sentence when it fails. `run` is handed the fields and the reason.
 */
export function ReasonDialog<T>({
  trigger,
  variant = 'outline',
  size = 'sm',
  label,
  title,
  effects,
  fields = [],
  verb,
  doing,
  destructive = false,
  run,
  done,
  onDone,
}: {
  trigger: ReactNode;
  variant?: ComponentProps<typeof Button>['variant'];
  size?: ComponentProps<typeof Button>['size'];
  /** What the button is called where its text does not say it all. */
  label?: string;
  title: string;
  /** What will happen, sentence by sentence. */
  effects: readonly string[];
  fields?: readonly DialogField[];
  verb: string;
  doing: string;
  destructive?: boolean;
  run: (values: Values & { reason: string }) => Promise<ActionResult<T>>;
  /** What is said once it is done; null says nothing. */
  done: string | null;
  /** What comes then, instead of the page's being read anew. */
  onDone?: (data: T) => void;
}) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const submit = useSubmit();
  const [open, setOpen] = useState(false);
  const initial = () => Object.fromEntries(fields.map((field) => [field.name, field.initial ?? '']));
  const [values, setValues] = useState<Values>(initial);
  const [reason, setReason] = useState('');
  const { pending, errors, failure } = submit;
  // What a dialog has no field for is said below all of them.
  const shown = new Set(['reason', ...fields.map(({ name }) => name)]);
  const others = Object.entries(errors).filter(([name]) => !shown.has(name));

  function show(wanted: boolean) {
    if (pending) return;
    setValues(initial());
    setReason('');
    submit.refuse({});
    setOpen(wanted);
  }

  async function confirm() {
    if (reason.trim().length < 3) {
      submit.refuse({ reason: 'Say why, in a few words.' });
      form.current?.querySelector<HTMLInputElement>('[name=reason]')?.focus();
      return;
    }
    const data = await submit.run(() => run({ ...values, reason }));
    if (data === null) return;
    setOpen(false);
    if (done !== null) toast.success(done);
    if (onDone) onDone(data);
    else router.refresh();
  }

  return (
    <Dialog open={open} onOpenChange={show}>
      <DialogTrigger asChild>
        <Button type="button" variant={variant} size={size} {...(label ? { 'aria-label': label } : {})}>
          {trigger}
        </Button>
      </DialogTrigger>
      <DialogContent className="sm:max-w-md [&>*]:min-w-0">
        <DialogHeader>
          <DialogTitle className="wrap-anywhere">{title}</DialogTitle>
          <DialogDescription asChild>
            <ul className="flex list-disc flex-col gap-1 pl-4 text-left wrap-anywhere">
              {effects.map((effect) => (
                <li key={effect}>{effect}</li>
              ))}
            </ul>
          </DialogDescription>
        </DialogHeader>
        <form
          ref={form}
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          {fields.map((field) => (
            <Field
              key={field.name}
              field={field}
              value={values[field.name] ?? ''}
              error={errors[field.name]}
              onChange={(value) => {
                setValues((all) => ({ ...all, [field.name]: value }));
                submit.clear(field.name);
              }}
            />
          ))}
          <TextField
            label="Why"
            name="reason"
            autoComplete="off"
            value={reason}
            error={errors.reason}
            hint="Stands in the log of whom it concerns."
            onChange={(event) => {
              setReason(event.target.value);
              submit.clear('reason');
            }}
          />
          {failure && <FormError>{failure}</FormError>}
          {others.map(([name, message]) => (
            <FormError key={name}>{message}</FormError>
          ))}
          <DialogFooter>
            <Button type="button" variant="outline" aria-disabled={pending} onClick={() => show(false)}>
              Cancel
            </Button>
            <Button
              type="submit"
              variant={destructive ? 'destructive' : 'default'}
              className="aria-disabled:opacity-50"
              aria-disabled={pending}
            >
              {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
              {pending ? doing : verb}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Field({
  field,
  value,
  error,
  onChange,
}: {
  field: DialogField;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const { name, label, hint, type = 'text', options } = field;
  if (!options)
    return (
      <TextField
        {...{ label, name, type, value, error, hint }}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) => onChange(event.target.value)}
      />
    );
  return (
    <div className="flex flex-col gap-2">
      <Label htmlFor={id}>{label}</Label>
      <NativeSelect
        id={id}
        className="w-full bg-background"
        value={value}
        aria-invalid={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <NativeSelectOption key={option.value} value={option.value}>
            {option.label}
          </NativeSelectOption>
        ))}
      </NativeSelect>
      {(error ?? hint) && (
        <p className={error ? 'text-xs text-destructive' : 'text-xs text-muted-foreground'}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
