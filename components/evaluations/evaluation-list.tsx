import { formatScore, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { Card } from '@/components/ui/card';
import { EVALUATIONS_SHOWN, type Evaluation } from '@/lib/evaluations/schema';

/** "2 evaluations", or that there are more than are shown. */
export function evaluationNote(evaluations: readonly Evaluation[]): string {
  return evaluations.length > EVALUATIONS_SHOWN
    ? `the newest ${EVALUATIONS_SHOWN}`
    : plural(evaluations.length, 'evaluation');
}

/** What evaluators say of an answer: what they judged, the score, why, who it was and when: the newest first, as they come. */
export function EvaluationList({ evaluations }: { evaluations: readonly Evaluation[] }) {
  return (
    <Card className="p-0">
      <ul className="divide-y">
        {evaluations.slice(0, EVALUATIONS_SHOWN).map((one) => (
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
