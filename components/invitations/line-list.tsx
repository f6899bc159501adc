import { CheckIcon, MinusIcon, TriangleAlertIcon } from 'lucide-react';
import type { InvitedList, LineOutcome } from '@/lib/workflows/invitations/schema';

/** What is said of a line that is not invited, or null for one that is. */
const reasons = {
  invited: null,
  member: 'is a member already',
  already_invited: 'has an open invitation',
  no_seat: 'no seat is left',
  rate_limited: 'too many mails within the hour: try later',
  duplicate: 'is there twice',
  malformed: 'is not an e-mail address',
} as const satisfies Record<LineOutcome, string | null>;

/** Harmless: nothing has to be done about them. */
const settled: readonly LineOutcome[] = ['member', 'already_invited', 'duplicate'];

/** The pieces of a pasted list, each with what becomes of it. */
export function LineList({ lines, label }: { lines: InvitedList['lines']; label: string }) {
  return (
    <ul
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      className="max-h-44 overflow-y-auto rounded-md border bg-muted/40 py-1 text-[0.8125rem]"
    >
      {lines.map(({ text, email, outcome }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same text may be there twice, and lines never move
        <li key={index} className="flex items-start gap-2 px-2.5 py-1">
          <Sign outcome={outcome} />
          <span className="min-w-0 flex-1 wrap-anywhere">
            <span className={outcome === 'invited' ? '' : 'text-muted-foreground'}>{email ?? text}</span>
            {reasons[outcome] && (
              <span className={settled.includes(outcome) ? 'text-muted-foreground' : 'text-traffic-amber'}>
                {' '}
                {reasons[outcome]}
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Sign({ outcome }: { outcome: LineOutcome }) {
  const className = 'mt-0.5 size-3.5 shrink-0';
  if (outcome === 'invited')
    return <CheckIcon aria-hidden="true" className={`${className} text-traffic-green`} />;
  return settled.includes(outcome) ? (
    <MinusIcon aria-hidden="true" className={`${className} text-muted-foreground`} />
  ) : (
    <TriangleAlertIcon aria-hidden="true" className={`${className} text-traffic-amber`} />
  );
}
