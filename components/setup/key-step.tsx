'use client';

import { KeyRoundIcon, Loader2Icon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { CopyButton } from '@/components/data/copy-button';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { TextField } from '@/components/forms/text-field';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import { createApiKey } from '@/lib/api-keys/actions';

/** What was pasted, when it can be a key; null otherwise. */
export function readKey(pasted: string): string | null {
  const text = pasted.trim();
  return /^[\x21-\x7e]{8,200}$/.test(text) ? text : null;
}

/** Makes a key, or takes one that is there already. What is pasted stays in the page. */
export function KeyStep({
  canCreateKey,
  keyName,
  pasted,
  onPasted,
  onCreated,
  className,
}: {
  canCreateKey: boolean;
  /** What a key that is made here is called. */
  keyName: string;
  pasted: string;
  onPasted: (text: string) => void;
  onCreated: (key: string) => void;
  className?: string;
}) {
  const isWrong = pasted.trim() !== '' && readKey(pasted) === null;
  return (
    <section aria-label="API key" className={cn('rounded-lg border bg-card px-4 py-3.5', className)}>
      {canCreateKey ? (
        <CreateKey name={keyName} onCreated={onCreated} />
      ) : (
        <div className="text-sm">
          <p className="font-medium">Ask an admin for an API key</p>
          <p className="text-muted-foreground">Your role does not create keys.</p>
        </div>
      )}
      <div className="mt-3.5 border-t pt-3.5">
        <TextField
          label={canCreateKey ? 'Or paste one that you have' : 'Paste the key you are given'}
          value={pasted}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="rtk_…"
          className="font-mono text-[0.8125rem] md:text-[0.8125rem]"
          error={
            isWrong
              ? 'This is no API key: a key is at least 8 letters and digits, without spaces.'
              : undefined
          }
          hint="It is written into the code below, and sent nowhere."
          onChange={(event) => onPasted(event.currentTarget.value)}
        />
      </div>
    </section>
  );
}

function CreateKey({ name, onCreated }: { name: string; onCreated: (key: string) => void }) {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function create() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setError(null);
    try {
      const result = await createApiKey({ name });
      if (result.ok) onCreated(result.data.key);
      else setError(result.error.message);
    } catch (error) {
      setError(describeUnreached(error));
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <div className="min-w-0 text-sm">
        <p className="font-medium">You need an API key</p>
        <p className="text-muted-foreground">It is written into the code below.</p>
        {error && (
          <p role="alert" className="mt-1 text-destructive">
            {error}
          </p>
        )}
      </div>
      <Button type="button" disabled={pending} onClick={() => void create()}>
        {pending ? (
          <Loader2Icon aria-hidden="true" className="animate-spin" />
        ) : (
          <KeyRoundIcon aria-hidden="true" />
        )}
        Create an API key
      </Button>
    </div>
  );
}

/** The key in full, the only time it can be seen. */
export function KeyNote({ apiKey, takesFocus }: { apiKey: string; takesFocus: boolean }) {
  const note = useRef<HTMLDivElement>(null);

  // The button that made the key is gone, and with it the focus.
  useEffect(() => {
    if (takesFocus) note.current?.focus();
  }, [takesFocus]);

  return (
    <Alert
      ref={note}
      role="note"
      tabIndex={-1}
      className="mt-4 border-traffic-amber/40 bg-traffic-amber-soft outline-none"
    >
      <KeyRoundIcon aria-hidden="true" className="text-traffic-amber" />
      <AlertTitle className="line-clamp-none text-traffic-amber">Shown once: store it now</AlertTitle>
      <AlertDescription className="w-full text-foreground">
        <p>Only a hash of this API key is kept, so it cannot be shown again once you have left.</p>
        <div className="flex w-full min-w-0 items-center gap-2">
          <code className="min-w-0 font-mono text-xs wrap-anywhere select-all">{apiKey}</code>
          <CopyButton text={apiKey} label="API key" className="ml-auto text-foreground" />
        </div>
      </AlertDescription>
    </Alert>
  );
}
