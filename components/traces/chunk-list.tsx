import { ArrowDownIcon, ArrowUpIcon, ChevronRightIcon, EqualIcon } from 'lucide-react';
import { ExpandableText } from '@/components/data/expandable-text';
import { NotSent } from '@/components/data/field-list';
import { formatScore, plural } from '@/components/data/format';
import { JsonTree } from '@/components/data/json-tree';
import type { Chunk } from '@/lib/traces/schema';

function Score({ chunk, best }: { chunk: Chunk; best: number }) {
  const { score, scoreKind } = chunk;
  if (score === null) return <span className="text-xs text-muted-foreground italic">no score</span>;
  const share = shareOf(score, best, scoreKind);
  return (
    <span className="flex items-center gap-2">
      {scoreKind && <span className="text-xs text-muted-foreground">{scoreKind}</span>}
      {share !== null && (
        <span aria-hidden="true" className="h-1.5 w-8 overflow-hidden rounded-full bg-muted sm:w-24">
          <span className="block h-full rounded-full bg-primary" style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <span className="num min-w-11 text-right font-mono text-xs" title={String(score)}>
        <span className="sr-only">{scoreKind ?? 'Score'} </span>
        {formatScore(score)}
      </span>
    </span>
  );
}

/** A score as a share of the best one, from 0 to 1; of distances the smallest is best. Null where there is nothing to compare. */
function shareOf(score: number, best: number, kind: Chunk['scoreKind']): number | null {
  if (kind === 'distance') return score > 0 && best > 0 ? Math.min(1, best / score) : null;
  return best > 0 ? Math.min(1, Math.max(0, score / best)) : null;
}

function bestOf(chunks: readonly Chunk[]): number {
  const scores = chunks.map(({ score }) => score).filter((score) => score !== null);
  if (chunks[0]?.scoreKind === 'distance')
    return Math.min(...scores.filter((score) => score > 0), Number.MAX_VALUE);
  return Math.max(0, ...scores);
}

/** Where a chunk stood until it was reranked. */
function Before({ before, rank }: { before: NonNullable<Chunk['before']>; rank: number }) {
  const moved = before.rank - rank;
  const Icon = moved > 0 ? ArrowUpIcon : moved < 0 ? ArrowDownIcon : EqualIcon;
  return (
    <p className="num mb-1.5 flex items-center gap-1 text-xs text-muted-foreground">
      <Icon aria-hidden="true" className="size-3.5" />
      {moved === 0 ? 'Retrieved at the same rank' : `Retrieved at rank ${before.rank}`}
      {before.score !== null && ` with ${before.scoreKind ?? 'score'} ${formatScore(before.score)}`}
    </p>
  );
}

/** What the model was given, in rank order. A bar shows each score as a share of the best one of this trace. */
export function ChunkList({ chunks }: { chunks: Chunk[] }) {
  const best = bestOf(chunks);
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
              <Score chunk={chunk} best={best} />
            </span>
          </div>
          {chunk.before && <Before before={chunk.before} rank={index + 1} />}
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
