import { Money } from '@/components/billing/money';
import { SeatPreview } from '@/components/billing/seat-preview';
import { Section } from '@/components/billing/section';
import { formatCount } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import type { BillingPage, BillingState } from '@/lib/billing/schema';

/** Seats and traces of the current period, against what the plan includes. */
export function UsageMeters({
  billing,
  used,
  canManage,
}: {
  billing: BillingState;
  used: BillingPage['used'];
  canManage: boolean;
}) {
  const { seats } = billing;
  return (
    <Section
      title="This period"
      action={
        <p className="num text-xs text-muted-foreground">
          until <LocalTime iso={used.periodEnd} />
        </p>
      }
    >
      <dl className="flex flex-col gap-4 px-4 py-3">
        <Meter label="Traces" used={used.traces} included={used.includedTraces} href="/overview" />
        <Meter label="Seats" used={seats.used} included={seats.included} href="/settings/members">
          {seats.extra_cents !== null && seats.included !== null && (
            <>
              Each beyond {seats.included} costs <Money minor={seats.extra_cents} /> a month, by the day.
            </>
          )}
        </Meter>
      </dl>
      {canManage && billing.subscription?.seats != null && <SeatPreview seats={billing.seats.used} />}
    </Section>
  );
}

function Meter({
  label,
  used,
  included,
  href,
  children,
}: {
  label: string;
  used: number;
  included: number | null;
  href: string;
  children?: React.ReactNode;
}) {
  const isOver = included !== null && used > included;
  return (
    <div>
      <dt className="flex items-baseline justify-between gap-4 text-sm">
        <a href={href} className="underline-offset-4 hover:underline">
          {label}
        </a>
        <span className="num font-medium">
          {formatCount(used)}
          {included !== null && (
            <span className="font-normal text-muted-foreground"> of {formatCount(included)} included</span>
          )}
        </span>
      </dt>
      <dd className="mt-2">
        {included !== null && (
          <svg
            aria-hidden="true" // the line above says the same
            viewBox="0 0 100 1"
            preserveAspectRatio="none"
            className="h-1.5 w-full rounded-full bg-muted"
          >
            <rect
              width={Math.min(1, used / Math.max(1, included)) * 100}
              height="1"
              className={isOver ? 'fill-traffic-amber' : 'fill-primary'}
            />
          </svg>
        )}
        <p className="num mt-1.5 text-xs text-muted-foreground">
          {isOver && `${formatCount(used - included)} beyond what is included. `}
          {children}
        </p>
      </dd>
    </div>
  );
}
