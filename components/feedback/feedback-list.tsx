import { MessageSquareIcon, ThumbsDownIcon, ThumbsUpIcon } from 'lucide-react';
import { plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import type { Feedback } from '@/lib/feedback/schema';

const verdicts = {
  up: { Icon: ThumbsUpIcon, word: 'Good', look: 'bg-traffic-green-soft text-traffic-green' },
  down: { Icon: ThumbsDownIcon, word: 'Bad', look: 'bg-traffic-red-soft text-traffic-red' },
} as const;

/** "2 good, 1 bad", or how many there are where nobody gave a thumb. */
export function feedbackNote(feedback: readonly Feedback[]): string {
  const count = (thumbs: Feedback['thumbs']) => feedback.filter((one) => one.thumbs === thumbs).length;
  const parts = [
    [count('up'), 'good'],
    [count('down'), 'bad'],
  ].filter(([many]) => many !== 0);
  return parts.length > 0
    ? parts.map(([many, word]) => `${many} ${word}`).join(', ')
    : plural(feedback.length, feedback.some(({ comment }) => comment !== null) ? 'comment' : 'score');
}

/** What people say of an answer: thumb, score and comment, who said it and when. */
export function FeedbackList({ feedback }: { feedback: Feedback[] }) {
  return (
    <Card className="p-0">
      <ul className="divide-y">
        {feedback.map((one) => (
          <li key={one.id} className="px-4 py-3 text-sm">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Verdict feedback={one} />
              {one.score !== null && (
                <span className="num text-xs">
                  <span className="text-muted-foreground">Score</span> {Number(one.score.toFixed(3))}
                </span>
              )}
              <span className="num flex min-w-0 flex-wrap gap-x-1.5 text-xs text-muted-foreground">
                {one.userId !== null && <span className="wrap-anywhere">{one.userId}</span>}
                {one.userId !== null && <span aria-hidden="true">·</span>}
                <LocalTime iso={one.createdAt} />
                {one.updatedAt !== one.createdAt && <span>(changed)</span>}
              </span>
            </div>
            {one.comment !== null && <p className="wrap-any mt-1.5 leading-relaxed">{one.comment}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Verdict({ feedback: { thumbs } }: { feedback: Feedback }) {
  if (!thumbs)
    return <MessageSquareIcon role="img" aria-label="Comment" className="size-4 text-muted-foreground" />;
  const { Icon, word, look } = verdicts[thumbs];
  return (
    <Badge className={look}>
      <Icon aria-hidden="true" />
      {word}
    </Badge>
  );
}
