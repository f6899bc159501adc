'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { TextField } from '@/components/forms/text-field';
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
import { setApiKeyRate } from '@/lib/api-keys/actions';
import { setApiKeyRateInput } from '@/lib/api-keys/schema';

/** A button that asks for a key's own limit, which an empty field takes away. */
export function CapKey({
  apiKey,
  perSecond,
}: {
  apiKey: { keyId: string; name: string; cap: number | null };
  perSecond: number;
}) {
  const router = useRouter();
  const busy = useRef(false);
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);

  function show(wanted: boolean) {
    if (pending) return;
    setTyped(apiKey.cap === null ? '' : String(apiKey.cap));
    setError(undefined);
    setFailure(null);
    setOpen(wanted);
  }

  async function submit() {
    if (busy.current) return;
    const text = typed.trim();
    const parsed = setApiKeyRateInput.safeParse({
      id: apiKey.keyId,
      perSecond: text === '' ? null : Number(text),
    });
    if (!parsed.success) {
      setError(parsed.error.issues[0]?.message);
      field.current?.focus();
      return;
    }
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await setApiKeyRate(parsed.data);
      if (result.ok) {
        const { perSecond: cap } = result.data;
        toast.success(
          cap === null
            ? `“${apiKey.name}” has no limit of its own any more.`
            : `“${apiKey.name}” may ask ${cap} times a second now.`,
        );
        setOpen(false);
        router.refresh();
      } else setFailure(result.error.message);
    } catch (error) {
      setFailure(describeUnreached(error));
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <Dialog open={open} onOpenChange={show}>
      <DialogTrigger asChild>
        <Button
          type="button"
          variant="outline"
          size="sm"
          aria-label={`${apiKey.cap === null ? 'Set' : 'Change'} the limit of ${apiKey.name}`}
        >
          {apiKey.cap === null ? 'Set' : 'Change'}
        </Button>
      </DialogTrigger>
      <DialogContent className="sm:max-w-md [&>*]:min-w-0">
        <DialogHeader>
          <DialogTitle className="wrap-anywhere">Limit “{apiKey.name}”</DialogTitle>
          <DialogDescription>
            What it sends beyond is refused, with the time to wait, and costs the other keys nothing.
          </DialogDescription>
        </DialogHeader>
        <form
          noValidate
          className="flex flex-col gap-5"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <TextField
            ref={field}
            label="Requests a second"
            name="perSecond"
            inputMode="numeric"
            autoComplete="off"
            placeholder={`no limit of its own: up to ${perSecond}`}
            value={typed}
            error={error}
            hint="Leave it empty for no limit of its own."
            onChange={(event) => {
              setTyped(event.target.value);
              setError(undefined);
            }}
          />
          {failure && <FormError>{failure}</FormError>}
          <DialogFooter>
            <Button type="button" variant="outline" aria-disabled={pending} onClick={() => show(false)}>
              Cancel
            </Button>
            <Button type="submit" className="aria-disabled:opacity-50" aria-disabled={pending}>
              {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
              {pending ? 'Saving…' : 'Save limit'}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
