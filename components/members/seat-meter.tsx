import { formatCents, plural } from '@/components/data/format';
import { Button } from '@/components/ui/button';
import { isFull } from '@/lib/workflows/invitations/rules';
import type { Seats } from '@/lib/workflows/invitations/schema';

/** Seats that are taken, of those that the plan has; at the limit, the way to more for who can do something about it. */
export function SeatMeter({
  seats,
  canInvite,
  plansUrl,
}: {
  seats: Seats;
  canInvite: boolean;
  plansUrl: string;
}) {
  const { used, included } = seats;
  const full = isFull(seats);
  const share = included ? Math.min(1, used / included) : null;
  return (
    <section
      aria-label="Seats"
      className={`flex flex-wrap items-center justify-between gap-x-6 gap-y-3 rounded-lg border bg-card px-4 py-3 ${full ? 'border-traffic-amber/40' : ''}`}
    >
      <div className="min-w-0 flex-1 basis-60">
        <p className="num text-sm font-medium">
          {included === null || used > included ? plural(used, 'seat') : `${used} of ${included} seats`}
          <span className="font-normal text-muted-foreground">
            {' '}
            on {seats.planName}
            {included !== null && used > included && `, ${included} of them included`}
          </span>
        </p>
        {share !== null && (
          <svg
            aria-hidden="true" // the sentence above says the same
            viewBox="0 0 100 1"
            preserveAspectRatio="none"
            className="mt-2 h-1.5 w-full max-w-80 rounded-full bg-muted"
          >
            <rect width={share * 100} height="1" className={full ? 'fill-traffic-amber' : 'fill-primary'} />
          </svg>
        )}
        <p className="mt-2 text-xs text-muted-foreground text-pretty">{noteOn(seats, canInvite)}</p>
      </div>
      {full && canInvite && (
        <Button asChild>
          <a href={plansUrl}>See plans</a>
        </Button>
      )}
    </section>
  );
}

function noteOn(seats: Seats, canInvite: boolean): string {
  const { members, invited, included, extra } = seats;
  const taken = `${plural(members, 'member')}${invited > 0 ? ` and ${plural(invited, 'open invitation')}` : ''}.`;
  if (isFull(seats))
    return canInvite
      ? `${taken} All seats are taken: upgrade the plan to invite more people.`
      : `${taken} All seats are taken.`;
  if (extra !== null && included !== null)
    return `${taken} Each seat beyond ${included} costs ${formatCents(extra)} a month.`;
  return taken;
}
