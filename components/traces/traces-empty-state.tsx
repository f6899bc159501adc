'use client';

import { CircleAlertIcon, KeyRoundIcon, Loader2Icon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { CodeBlock } from '@/components/data/code-block';
import { CopyButton } from '@/components/data/copy-button';
import { pythonSample, typescriptSample } from '@/components/traces/client-samples';
import { curlCommand } from '@/components/traces/curl-command';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import { Button } from '@/components/ui/button';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import { createApiKey } from '@/lib/api-keys/actions';

const POLL_INTERVAL_MS = 1000;

const samples = [
  { id: 'curl', label: 'curl', write: curlCommand },
  { id: 'typescript', label: 'TypeScript', write: typescriptSample },
  { id: 'python', label: 'Python', write: pythonSample },
];

/** What a workspace without traces shows: a request to copy, with the real address and key, and the wait for it. */
export function TracesEmptyState({
  host,
  scheme,
  apiKey,
  canCreateKey,
}: {
  host: string;
  scheme: string;
  apiKey: string | null;
  canCreateKey: boolean;
}) {
  const [created, setCreated] = useState<string | null>(null);
  const key = apiKey ?? created;
  const url = `${scheme}://${host}/api/v1/traces`;

  return (
    <div className="mx-auto max-w-4xl min-w-0">
      <h1 className="text-xl font-semibold tracking-tight">Send your first trace</h1>
      <p className="mt-1.5 text-sm text-muted-foreground text-pretty">
        A trace is one answer of your application: the question, the chunks it retrieved and what the model
        said. Paste this into a terminal, or the same into your code.
      </p>
      <div className="mt-5 empty:hidden">
        {key === null && (canCreateKey ? <CreateKey onCreated={setCreated} /> : <AskForKey />)}
      </div>
      <Tabs defaultValue="curl" className="mt-4 min-w-0">
        <TabsList aria-label="Language">
          {samples.map(({ id, label }) => (
            <TabsTrigger key={id} value={id} className="px-3">
              {label}
            </TabsTrigger>
          ))}
        </TabsList>
        {samples.map(({ id, label, write }) => (
          <TabsContent key={id} value={id} className="min-w-0">
            <CodeBlock code={write({ url, apiKey: key })} label={id === 'curl' ? 'Terminal' : label} />
          </TabsContent>
        ))}
      </Tabs>
      {key !== null && <KeyNote apiKey={key} takesFocus={key === created} />}
      <div
        role="status"
        className="mt-5 flex items-center gap-3 rounded-lg border border-dashed px-4 py-3 text-sm"
      >
        <span aria-hidden="true" className="relative flex size-2.5">
          <span className="absolute inline-flex size-full animate-ping rounded-full bg-primary opacity-60" />
          <span className="relative inline-flex size-2.5 rounded-full bg-primary" />
        </span>
        <span>
          Waiting for your first trace…
          <span className="text-muted-foreground"> This page changes by itself when it arrives.</span>
        </span>
      </div>
      <LiveRefresh intervalMs={POLL_INTERVAL_MS} />
    </div>
  );
}

function CreateKey({ onCreated }: { onCreated: (key: string) => void }) {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function create() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setError(null);
    try {
      const result = await createApiKey({ name: 'First key' });
      if (result.ok) onCreated(result.data.key);
      else setError(result.error.message);
    } catch {
      setError('The server could not be reached. Check your connection and try again.');
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 rounded-lg border bg-card px-4 py-3">
      <div className="min-w-0 text-sm">
        <p className="font-medium">You need an API key</p>
        <p className="text-muted-foreground">It is written into the request below.</p>
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

function KeyNote({ apiKey, takesFocus }: { apiKey: string; takesFocus: boolean }) {
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
        <p>Only a hash of this API key is kept, so it cannot be shown again once traces arrive.</p>
        <div className="flex w-full min-w-0 items-center gap-2">
          <code className="min-w-0 font-mono text-xs wrap-anywhere select-all">{apiKey}</code>
          <CopyButton text={apiKey} label="API key" className="ml-auto text-foreground" />
        </div>
      </AlertDescription>
    </Alert>
  );
}

function AskForKey() {
  return (
    <Alert role="note">
      <CircleAlertIcon aria-hidden="true" />
      <AlertTitle className="line-clamp-none">Ask an admin for an API key</AlertTitle>
      <AlertDescription>
        Your role does not create keys. Put the one you are given where YOUR_API_KEY stands.
      </AlertDescription>
    </Alert>
  );
}
