'use client';

import { CheckIcon, CopyIcon, KeyRoundIcon, TriangleAlertIcon } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { overlapWords } from '@/components/api-keys/key-state';
import { requestWith } from '@/components/api-keys/sample-request';
import { CodeBlock } from '@/components/data/code-block';
import { copyText } from '@/components/data/copy-text';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import { Button } from '@/components/ui/button';
import { DialogDescription, DialogFooter, DialogHeader, DialogTitle } from '@/components/ui/dialog';
import { Input } from '@/components/ui/input';
import { Label } from '@/components/ui/label';
import type { CreatedApiKey, Overlap } from '@/lib/api-keys/schema';

/** A new key, the only time it can be seen, with a request that uses it. `asking` whether it has been stored. */
export function ShownOnce({
  created,
  overlap,
  origin,
  asking,
  onStored,
  onKeepOpen,
  onDone,
}: {
  created: CreatedApiKey;
  /** How long the key goes on working that this one took the place of; undefined for one that took nobody's. */
  overlap: Overlap | undefined;
  /** The address that requests go to. */
  origin: string;
  asking: boolean;
  /** The key has been copied. */
  onStored: () => void;
  onKeepOpen: () => void;
  onDone: () => void;
}) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  const [copied, setCopied] = useState<boolean | null>(null);
  const request = requestWith(created, origin);

  // The form that had the focus is gone; the key selected is the key half copied.
  useEffect(() => {
    field.current?.focus();
  }, []);

  useEffect(() => {
    if (asking) keep.current?.focus();
  }, [asking]);

  // Leaving the page loses the key as surely as closing the dialog does.
  useEffect(() => {
    if (copied) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [copied]);

  function noteCopy() {
    setCopied(true);
    onStored();
  }

  return (
    <>
      <DialogHeader className="pr-6 text-left">
        <DialogTitle className="leading-snug wrap-anywhere">“{created.name}” is ready</DialogTitle>
        <DialogDescription>
          Requests with this key are accepted from now on.
          {overlap &&
            (overlap === 'now'
              ? ' The old key is refused.'
              : ` The old key goes on working ${overlapWords[overlap].toLowerCase()}.`)}
        </DialogDescription>
      </DialogHeader>
      <div className="flex flex-col gap-2">
        <Label htmlFor={id}>API key</Label>
        <div className="flex gap-2">
          <Input
            ref={field}
            id={id}
            readOnly
            value={created.key}
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${id}-note`}
            className="font-mono text-[0.8125rem] md:text-[0.8125rem]"
            onFocus={(event) => selectAll(event.currentTarget)}
            onCopy={noteCopy}
          />
          <Button
            type="button"
            className="w-26"
            onClick={async () => ((await copyText(created.key)) ? noteCopy() : setCopied(false))}
          >
            {copied ? <CheckIcon aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
            <span aria-live="polite">
              {copied ? 'Copied' : 'Copy'}
              <span className="sr-only"> the API key</span>
            </span>
          </Button>
        </div>
        {copied === false && (
          <p role="alert" className="text-xs text-destructive">
            The browser did not allow it. Select the key and copy it by hand.
          </p>
        )}
      </div>
      <Alert id={`${id}-note`} role="note" className="border-traffic-amber/40 bg-traffic-amber-soft">
        <KeyRoundIcon aria-hidden="true" className="text-traffic-amber" />
        <AlertTitle className="line-clamp-none text-traffic-amber">Shown once: store it now</AlertTitle>
        <AlertDescription className="text-foreground">
          Only a hash of it is kept. Once this is closed, nobody can show the key again.
          {created.kind === 'publish' &&
            ' It may stand in a web page: who reads it there can send feedback, and nothing else.'}
        </AlertDescription>
      </Alert>
      {request && (
        <div className="min-w-0">
          <p className="mb-2 text-sm font-medium">{request.title}</p>
          <CodeBlock code={request.code} label={request.label} />
        </div>
      )}
      {asking ? (
        <div
          role="alertdialog"
          aria-labelledby={`${id}-question`}
          className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-traffic-red/40 bg-traffic-red-soft px-4 py-3"
        >
          <p id={`${id}-question`} className="flex items-center gap-2 text-sm font-medium text-traffic-red">
            <TriangleAlertIcon aria-hidden="true" className="size-4 shrink-0" />
            Have you stored the key?
          </p>
          <div className="flex flex-wrap gap-2">
            <Button
              ref={keep}
              type="button"
              size="sm"
              onClick={() => {
                onKeepOpen();
                field.current?.focus();
              }}
            >
              Not yet, go back
            </Button>
            <Button type="button" variant="outline" size="sm" onClick={onDone}>
              Yes, close
            </Button>
          </div>
        </div>
      ) : (
        <DialogFooter>
          <Button type="button" variant={copied ? 'default' : 'outline'} onClick={onDone}>
            Done
          </Button>
        </DialogFooter>
      )}
    </>
  );
}

function selectAll(input: HTMLInputElement) {
  input.select();
  // The browser scrolls to the selection's end, once the focus has arrived: the beginning is what tells keys apart.
  requestAnimationFrame(() => {
    input.scrollLeft = 0;
  });
}
