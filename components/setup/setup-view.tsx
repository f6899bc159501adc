'use client';

import { useState } from 'react';
import { CodeBlock } from '@/components/data/code-block';
import { Arrival, type LatestTrace } from '@/components/setup/arrival';
import { KeyNote, KeyStep, readKey } from '@/components/setup/key-step';
import { chosen, languages } from '@/components/setup/snippets';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';

type SetupProps = {
  /** The workspace's address, to which snippets send. */
  origin: string;
  /** A key that this browser may still see; null when there is none. */
  apiKey: string | null;
  canCreateKey: boolean;
  /** The id of the trace that the curl snippet sends. */
  traceId?: string;
  /** What the address asks for; anything else falls back to the first. */
  choice?: { language?: string | undefined; framework?: string | undefined };
  latest: LatestTrace | null;
  basePath: string;
};

/** Code to copy for a language and a framework, with the real address and key, and the wait for the trace it sends. */
export function SetupView({ origin, apiKey, canCreateKey, traceId, choice, latest, basePath }: SetupProps) {
  const [start] = useState({ traceId, isFirst: latest === null });
  const [picked, setPicked] = useState(() => chosen(choice?.language, choice?.framework));
  const [created, setCreated] = useState<string | null>(null);
  const [pasted, setPasted] = useState('');
  const known = apiKey ?? created;
  const key = known ?? readKey(pasted);

  function pick(language: string, framework?: string) {
    const next = chosen(language, framework);
    setPicked(next);
    const query = new URLSearchParams({ language: next.language.id, framework: next.framework.id });
    window.history.replaceState(null, '', `?${query}`);
  }

  return (
    <div className="mx-auto max-w-4xl min-w-0">
      <h1 className="text-xl font-semibold tracking-tight">
        {start.isFirst ? 'Send your first trace' : 'Send traces'}
      </h1>
      <p className="mt-1.5 text-sm text-muted-foreground text-pretty">
        A trace is one answer of your application: the question, the chunks it retrieved and what the model
        said. Pick what your application is written in, and copy.
      </p>
      {known === null && (
        <KeyStep
          canCreateKey={canCreateKey}
          keyName={start.isFirst ? 'First key' : 'Key from set-up'}
          pasted={pasted}
          onPasted={setPasted}
          onCreated={setCreated}
          className="mt-5"
        />
      )}
      <Tabs value={picked.language.id} onValueChange={(id) => pick(id)} className="mt-5 min-w-0 gap-3">
        <TabsList aria-label="Language">
          {languages.map(({ id, label }) => (
            <TabsTrigger key={id} value={id} className="px-3.5">
              {label}
            </TabsTrigger>
          ))}
        </TabsList>
        {languages.map((language) => (
          <TabsContent key={language.id} value={language.id} className="min-w-0" tabIndex={-1}>
            <Tabs
              value={picked.framework.id}
              onValueChange={(id) => pick(language.id, id)}
              className="min-w-0 gap-3"
            >
              {language.frameworks.length > 1 && (
                <TabsList
                  aria-label="Framework"
                  className="h-auto max-w-full flex-wrap justify-start gap-1.5 bg-transparent p-0"
                >
                  {language.frameworks.map(({ id, label }) => (
                    <TabsTrigger
                      key={id}
                      value={id}
                      className="h-8 flex-none border-input px-3 data-[state=active]:border-primary data-[state=active]:text-primary data-[state=active]:shadow-none dark:data-[state=active]:border-primary"
                    >
                      {label}
                    </TabsTrigger>
                  ))}
                </TabsList>
              )}
              {language.frameworks.map(({ id, write }) => (
                <TabsContent key={id} value={id} className="flex min-w-0 flex-col gap-3" tabIndex={-1}>
                  {write({ origin, apiKey: key, ...(start.traceId && { traceId: start.traceId }) }).map(
                    (block) => (
                      <CodeBlock key={block.label} code={block.code} label={block.label} />
                    ),
                  )}
                </TabsContent>
              ))}
            </Tabs>
          </TabsContent>
        ))}
      </Tabs>
      {known !== null && <KeyNote apiKey={known} takesFocus={known === created} />}
      <Arrival latest={latest} basePath={basePath} className="mt-5" />
    </div>
  );
}
