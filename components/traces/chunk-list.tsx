import { ChevronRightIcon } from 'lucide-react';
import { ExpandableText } from '@/components/data/expandable-text';
import { NotSent } from '@/components/data/field-list';
import { formatScore, plural } from '@/components/data/format';
import { JsonTree } from '@/components/data/json-tree';
import type { Chunk } from '@/lib/traces/schema';

function Score({ score, best }: { score: number | null; best: number }) {
  if (score === null) return <span className="text-xs text-muted-foreground italic">no score</span>;
  const share = best > 0 ? Math.min(1, Math.max(0, score / best)) : 0;
  return (
    <span className="flex items-center gap-2">
      {best > 0 && (
        <span aria-hidden="true" className="h-1.5 w-8 overflow-hidden rounded-full bg-muted sm:w-24">
          <span className="block h-full rounded-full bg-primary" style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <span className="num min-w-11 text-right font-mono text-xs" title={String(score)}>
        <span className="sr-only">Score </span>
        {formatScore(score)}
      </span>
    </span>
  );
}

/** What the retriever found, in its order. A bar shows each score as a share of the best one of this trace. */
export function ChunkList({ chunks }: { chunks: Chunk[] }) {
  const best = Math.max(0, ...chunks.map(({ score }) => score ?? 0));
  return (
    <ol className="divide-y overflow-hidden rounded-lg border bg-card">
      {chunks.map((chunk, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rank is what a chunk is known by
        <li key={index} className="px-4 py-3">
          <div className="mb-1.5 flex items-start gap-2.5 text-sm">
            <span className="num mt-px flex h-5 min-w-5 shrink-0 items-center justify-center rounded bg-muted px-1 text-xs font-semibold text-muted-foreground">
              <span className="sr-only">Rank </span>
              {index + 1}
            </span>
            <span className="min-w-0 flex-1 font-mono text-xs leading-5 wrap-anywhere">
              {chunk.source ?? (
                <span className="font-sans text-muted-foreground italic">source not sent</span>
              )}
            </span>
            <span className="flex h-5 shrink-0 items-center">
              <Score score={chunk.score} best={best} />
            </span>
          </div>
          {chunk.text === '' ? (
            <p className="text-sm">
              <NotSent />
            </p>
          ) : (
            <ExpandableText
              text={chunk.text}
              what={`chunk ${index + 1}`}
              className="text-sm leading-relaxed"
            />
          )}
          {chunk.metadata && Object.keys(chunk.metadata).length > 0 && (
            <details className="group mt-2">
              <summary className="flex w-fit items-center gap-1 rounded-sm text-xs text-muted-foreground marker:content-none hover:text-foreground [&::-webkit-details-marker]:hidden">
                <ChevronRightIcon
                  aria-hidden="true"
                  className="size-3.5 transition-transform group-open:rotate-90"
                />
                Metadata · {plural(Object.keys(chunk.metadata).length, 'field')}
              </summary>
              <div className="mt-1 ml-1.5 border-l pl-3.5">
                <JsonTree value={chunk.metadata} />
              </div>
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}
