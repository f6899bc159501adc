import { ArrowLeftIcon, ChevronRightIcon, CircleXIcon } from 'lucide-react';
import Link from 'next/link';
import { CopyButton } from '@/components/data/copy-button';
import { ExpandableText } from '@/components/data/expandable-text';
import { NotSent } from '@/components/data/field-list';
import { formatCount, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { EvaluationList, evaluationNote } from '@/components/evaluations/evaluation-list';
import { FeedbackList, feedbackNote } from '@/components/feedback/feedback-list';
import { ChunkList } from '@/components/traces/chunk-list';
import { SpanTree } from '@/components/traces/span-tree';
import { TraceFacts } from '@/components/traces/trace-facts';
import { TraceFlags } from '@/components/traces/trace-flags';
import { TraceSection } from '@/components/traces/trace-section';
import { TraceStatus } from '@/components/traces/trace-status';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import { Button } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import type { Evaluation } from '@/lib/evaluations/schema';
import type { Feedback } from '@/lib/feedback/schema';
import type { SpanList } from '@/lib/spans/schema';
import type { TraceDetail } from '@/lib/traces/schema';

function Prompt({ text, name }: { text: string; name: string }) {
  return (
    <details className="group rounded-lg border bg-card">
      <summary className="flex items-center gap-2 rounded-lg px-4 py-2.5 text-sm marker:content-none [&::-webkit-details-marker]:hidden">
        <ChevronRightIcon
          aria-hidden="true"
          className="size-4 text-muted-foreground transition-transform group-open:rotate-90"
        />
        {name}
        <span className="num ml-auto text-xs text-muted-foreground">
          {formatCount(text.length)} characters
        </span>
      </summary>
      <div className="border-t px-4 py-3">
        <div className="-mt-1 mb-1 flex justify-end">
          <CopyButton text={text} label={name} />
        </div>
        <p className="wrap-any font-mono text-[0.8125rem] leading-relaxed">{text}</p>
      </div>
    </details>
  );
}

function spanNote({ spans, total }: SpanList): string {
  return total > spans.length
    ? `the first ${formatCount(spans.length)} of ${formatCount(total)}`
    : plural(total, 'span');
}

/**
 * One trace in full: the question, what was retrieved, what the model was given and what it answered; and, of one that came as
 * spans, its steps.
 */
export function TraceDetailView({
  trace,
  spans,
  evaluations,
  feedback,
  backHref,
}: {
  trace: TraceDetail;
  spans: SpanList | null;
  /** What evaluators say of it, the newest first, one more than is shown where there are more. */
  evaluations: Evaluation[];
  /** What people say of the answer, the newest first. */
  feedback: Feedback[];
  backHref: string;
}) {
  const { answer, prompts, chunks } = trace;
  return (
    <article className="min-w-0">
      <Button asChild variant="ghost" size="sm" className="-ml-2.5 text-muted-foreground">
        <Link href={backHref}>
          <ArrowLeftIcon aria-hidden="true" />
          Traces
        </Link>
      </Button>
      <header className="mt-2 border-b pb-5">
        <div className="max-w-4xl">
          {trace.question ? (
            <ExpandableText
              as="h1"
              text={trace.question}
              what="the question"
              className="text-xl font-semibold tracking-tight"
            />
          ) : (
            <h1 className="text-xl text-muted-foreground italic">No question sent</h1>
          )}
        </div>
        <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-muted-foreground">
          <TraceStatus trace={trace} />
          <LocalTime iso={trace.receivedAt} style="full" className="num" />
          <span className="flex max-w-full min-w-0 items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs" title={trace.traceId}>
              {trace.traceId}
            </code>
            <CopyButton text={trace.traceId} label="trace id" iconOnly />
          </span>
        </div>
        <TraceFlags flags={trace.flags} />
      </header>
      <div className="mt-6 grid gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="flex min-w-0 flex-col gap-6">
          {trace.error !== null && (
            <Alert className="border-traffic-red/40 bg-traffic-red-soft text-traffic-red">
              <CircleXIcon aria-hidden="true" />
              <AlertTitle>The application reported an error</AlertTitle>
              <AlertDescription className="w-full text-foreground">
                <p className="wrap-any font-mono text-xs">{trace.error || 'without a message'}</p>
              </AlertDescription>
            </Alert>
          )}
          <TraceSection
            title="Answer"
            action={answer ? <CopyButton text={answer} label="answer" /> : undefined}
          >
            <Card className="border-l-4 border-l-primary px-5 py-4">
              {answer ? <p className="wrap-any leading-relaxed">{answer}</p> : <NotSent />}
            </Card>
          </TraceSection>
          {evaluations.length > 0 && (
            <TraceSection title="Evaluations" note={evaluationNote(evaluations)}>
              <EvaluationList evaluations={evaluations} />
            </TraceSection>
          )}
          {feedback.length > 0 && (
            <TraceSection title="Feedback" note={feedbackNote(feedback)}>
              <FeedbackList feedback={feedback} />
            </TraceSection>
          )}
          <TraceSection title="Retrieved chunks" note={plural(chunks.length, 'chunk')}>
            {chunks.length > 0 ? (
              <ChunkList chunks={chunks} />
            ) : (
              <Card className="px-4 py-3 text-sm text-muted-foreground">
                The answer was given without retrieved chunks.
              </Card>
            )}
          </TraceSection>
          <TraceSection title={prompts.length > 1 ? 'Prompts' : 'Prompt'}>
            {prompts.length > 0 ? (
              <div className="flex flex-col gap-2">
                {prompts.map((text, index) => (
                  <Prompt
                    // biome-ignore lint/suspicious/noArrayIndexKey: prompts are known by their order
                    key={index}
                    text={text}
                    name={prompts.length > 1 ? `Prompt ${index + 1}` : 'Prompt'}
                  />
                ))}
              </div>
            ) : (
              <Card className="px-4 py-3 text-sm">
                <NotSent />
              </Card>
            )}
          </TraceSection>
          {spans && spans.total > 0 && (
            <TraceSection title="Spans" note={spanNote(spans)}>
              <SpanTree traceId={trace.traceId} spans={spans.spans} />
            </TraceSection>
          )}
        </div>
        <TraceFacts trace={trace} />
      </div>
    </article>
  );
}
