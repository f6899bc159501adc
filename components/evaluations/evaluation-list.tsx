import { formatCount, formatScore, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { Card } from '@/components/ui/card';
import type { Evaluation } from '@/lib/evaluations/schema';

/** Evaluations that are shown; a trace has a few, unless an evaluator runs again and again. */
const SHOWN = 50;

/** "2 evaluations", or how many of them are shown. */
export function evaluationNote(evaluations: readonly Evaluation[]): string {
  return evaluations.length > SHOWN
    ? `the newest ${SHOWN} of ${formatCount(evaluations.length)}`
    : plural(evaluations.length, 'evaluation');
}

/** What evaluators say of an answer: what they judged, the score, why, who it was and when. The newest first. */
export function EvaluationList({ evaluations }: { evaluations: readonly Evaluation[] }) {
  return (
    <Card className="p-0">
      <ul className="divide-y">
        {evaluations
          .toReversed()
          .slice(0, SHOWN)
          .map((one) => (
            <li key={one.id} className="px-4 py-3 text-sm">
              <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
                <span className="min-w-0 wrap-anywhere">
                  <span className="font-medium first-letter:uppercase inline-block">{one.scoreType}</span>{' '}
                  <span className="num">{formatScore(one.score)}</span>
                </span>
                <span className="num flex min-w-0 flex-wrap gap-x-1.5 text-xs text-muted-foreground">
                  {one.confidence !== null && <span>confidence {formatScore(one.confidence)} ·</span>}
                  {one.evaluatorId !== null && (
                    <span className="wrap-anywhere">
                      {one.evaluatorId}
                      {one.evaluatorVersion !== null && ` ${one.evaluatorVersion}`} ·
                    </span>
                  )}
                  <LocalTime iso={one.createdAt} />
                </span>
              </div>
              {one.explanation && <p className="wrap-any mt-1.5 leading-relaxed">{one.explanation}</p>}
            </li>
          ))}
      </ul>
    </Card>
  );
}
