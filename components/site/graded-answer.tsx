import type { ReactNode } from 'react';
import { ChunkList } from '@/components/traces/chunk-list';
import { TrafficLight } from '@/components/traces/traffic-light';
import { Card } from '@/components/ui/card';
import type { Chunk } from '@/lib/traces/schema';

const chunks: Chunk[] = [
  {
    text: 'Items can be returned within 30 days of delivery, unused and in their packaging.',
    source: 'help/returns.md',
    score: 0.91,
    metadata: null,
    scoreKind: null,
    before: null,
  },
  {
    text: 'Refunds are paid to the original payment method within five working days.',
    source: 'help/refunds.md',
    score: 0.64,
    metadata: null,
    scoreKind: null,
    before: null,
  },
  {
    text: 'Gift cards and opened software cannot be returned.',
    source: 'help/exceptions.md',
    score: 0.52,
    metadata: null,
    scoreKind: null,
    before: null,
  },
];

function Step({ name, children }: { name: string; children: ReactNode }) {
  return (
    <li className="relative pl-6 before:absolute before:top-1.5 before:left-0 before:size-2 before:rounded-full before:bg-primary not-last:after:absolute not-last:after:top-5 not-last:after:-bottom-4 not-last:after:left-[3.5px] not-last:after:w-px not-last:after:bg-border">
      <p className="mb-1.5 text-xs font-medium text-muted-foreground">{name}</p>
      {children}
    </li>
  );
}

/** A made-up answer, graded: the question, what was found, and an answer that contradicts it. */
export function GradedAnswer() {
  return (
    <figure className="min-w-0">
      <Card className="gap-0 p-5 shadow-md sm:p-6">
        <ol className="flex flex-col gap-5">
          <Step name="Question">
            <p className="font-medium">How long do I have to return an item?</p>
          </Step>
          <Step name="Retrieved chunks">
            <ChunkList chunks={chunks} />
          </Step>
          <Step name="Answer">
            <div className="overflow-hidden rounded-lg border">
              <p className="px-4 py-3">
                You can return any item within{' '}
                <strong className="font-semibold underline decoration-traffic-red decoration-wavy decoration-1 underline-offset-4">
                  90 days
                </strong>{' '}
                of delivery.
              </p>
              <p className="flex items-start gap-2.5 border-t bg-muted/60 px-4 py-2.5 text-sm">
                <TrafficLight light="red" />
                <span>Chunk 1 says 30 days. The search was right, the model was not.</span>
              </p>
            </div>
          </Step>
        </ol>
      </Card>
      <figcaption className="mt-3 text-center text-xs text-muted-foreground">
        A made-up example, drawn with the console’s own parts.
      </figcaption>
    </figure>
  );
}
