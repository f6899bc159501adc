'use client';

import { Loader2Icon } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { CopyButton } from '@/components/data/copy-button';
import { FieldList } from '@/components/data/field-list';
import { formatCost, formatCount, formatDuration, plural } from '@/components/data/format';
import { AttributeList } from '@/components/traces/attribute-list';
import { SpanKindIcon, spanKindWord } from '@/components/traces/span-kind';
import { flagSentences } from '@/components/traces/trace-flags';
import { Button } from '@/components/ui/button';
import { Sheet, SheetContent, SheetDescription, SheetHeader, SheetTitle } from '@/components/ui/sheet';
import type { SpanSummary, WireSpanDetail } from '@/lib/spans/schema';

type Loaded = { spanId: string; detail: WireSpanDetail } | { spanId: string; failed: true };

/** All that a span carries, at the side: read when it is opened. `span` null closes it. */
export function SpanPanel({
  traceId,
  span,
  onClose,
  onClosed,
}: {
  traceId: string;
  span: SpanSummary | null;
  onClose: () => void;
  /** Once it is gone, when the focus may go elsewhere. */
  onClosed: () => void;
}) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [attempt, setAttempt] = useState(0);
  const spanId = span?.spanId;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
  useEffect(() => {
    if (spanId === undefined) return;
    const asked = new AbortController();
    setLoaded(null);
    const path = `/api/v1/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`;
    fetch(path, { signal: asked.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        setLoaded({ spanId, detail: (await answer.json()) as WireSpanDetail });
      })
      .catch(() => {
        if (!asked.signal.aborted) setLoaded({ spanId, failed: true });
      });
    return () => asked.abort();
  }, [traceId, spanId, attempt]);

  return (
    <Sheet open={span !== null} onOpenChange={(open) => !open && onClose()}>
      <SheetContent
        className="w-full gap-0 sm:max-w-xl"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          onClosed();
        }}
      >
        {span && (
          <>
            <SheetHeader className="border-b pr-12">
              <SheetTitle className="flex min-w-0 items-center gap-2">
                <SpanKindIcon kind={span.kind} className="size-4" />
                <span className="min-w-0 wrap-anywhere">{span.name || 'unnamed'}</span>
              </SheetTitle>
              <SheetDescription className="flex min-w-0 items-center gap-1">
                {spanKindWord(span.kind)} · <code className="font-mono text-xs">{span.spanId}</code>
                <CopyButton text={span.spanId} label="span id" iconOnly />
              </SheetDescription>
            </SheetHeader>
            <div
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
              tabIndex={0}
              className="flex flex-1 flex-col gap-5 overflow-y-auto p-4 outline-offset-[-2px]"
            >
              <SpanFacts span={span} />
              {loaded === null || loaded.spanId !== span.spanId ? (
                <p role="status" className="flex items-center gap-2 text-sm text-muted-foreground">
                  <Loader2Icon aria-hidden="true" className="size-4 animate-spin" />
                  Loading what it carries …
                </p>
              ) : 'failed' in loaded ? (
                <div role="alert" className="text-sm">
                  <p className="text-destructive">What the span carries could not be read.</p>
                  <Button
                    size="sm"
                    variant="outline"
                    className="mt-2"
                    onClick={() => setAttempt(attempt + 1)}
                  >
                    Try again
                  </Button>
                </div>
              ) : (
                <SpanContent detail={loaded.detail} />
              )}
            </div>
          </>
        )}
      </SheetContent>
    </Sheet>
  );
}

function SpanFacts({ span }: { span: SpanSummary }) {
  const fields = [
    { term: 'Status', value: { unset: 'not set', ok: 'OK', error: 'Error' }[span.status] },
    ...(span.statusMessage === null ? [] : [{ term: 'Message', value: span.statusMessage }]),
    { term: 'Began', value: `${formatDuration(span.offsetMs)} after the first span` },
    { term: 'Took', value: span.durationMs === null ? null : formatDuration(span.durationMs) },
    ...(span.model === null ? [] : [{ term: 'Model', value: span.model }]),
    ...(span.tokensIn === null ? [] : [{ term: 'Tokens in', value: formatCount(span.tokensIn) }]),
    ...(span.tokensOut === null ? [] : [{ term: 'Tokens out', value: formatCount(span.tokensOut) }]),
    ...(span.costUsd === null ? [] : [{ term: 'Cost', value: formatCost(span.costUsd) }]),
    ...(span.flags.length === 0 ? [] : [{ term: 'Odd', value: flagSentences(span.flags).join(' ') }]),
  ];
  return <FieldList fields={fields} />;
}

function SpanContent({ detail }: { detail: WireSpanDetail }) {
  const { attributes, events, links, resource, scope, rewrites } = detail;
  return (
    <>
      {rewrites > 0 && (
        <p className="text-sm text-muted-foreground">
          It came {plural(rewrites + 1, 'time')}, each time with another content. This is the last.
        </p>
      )}
      <Part title="Attributes" value={attributes} />
      {events.length > 0 && (
        <Section title={`Events · ${formatCount(events.length)}`}>
          <ol className="flex flex-col gap-3">
            {events.map((event, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events are known by their order
              <li key={index}>
                <p className="wrap-any font-mono text-xs">{event.name || 'unnamed'}</p>
                {Object.keys(event.attributes).length > 0 && <AttributeList attributes={event.attributes} />}
              </li>
            ))}
          </ol>
        </Section>
      )}
      {links.length > 0 && (
        <Part title="Links" value={Object.fromEntries(links.map((link, i) => [`${i + 1}`, link]))} />
      )}
      <Part title="Resource" value={{ ...resource, ...(scope ? { scope } : {}) }} />
    </>
  );
}

function Part({ title, value }: { title: string; value: Record<string, unknown> }) {
  const isEmpty = Object.keys(value).length === 0;
  return (
    <Section
      title={title}
      action={!isEmpty && <CopyButton text={JSON.stringify(value, null, 2)} label={`${title} as JSON`} />}
    >
      {isEmpty ? (
        <p className="text-sm text-muted-foreground italic">none</p>
      ) : (
        <AttributeList attributes={value} />
      )}
    </Section>
  );
}

function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <div className="mb-1 flex min-h-6 items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{title}</h3>
        {action}
      </div>
      {children}
    </section>
  );
}
