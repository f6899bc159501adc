import { ChangeInterval } from '@/components/billing/change-interval';
import { EndSubscription, PortalButton, ResumeButton } from '@/components/billing/manage';
import { Money } from '@/components/billing/money';
import { Section } from '@/components/billing/section';
import { LocalTime } from '@/components/data/local-time';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import type { BillingState, Offer } from '@/lib/billing/schema';

/** The plan and its state, with what can be done about it. */
export function PlanCard({
  billing,
  offers,
  canManage,
  exceeds,
}: {
  billing: BillingState;
  offers: Offer[];
  canManage: boolean;
  exceeds: string[];
}) {
  const { subscription, open_invoice: open } = billing;
  const price = offers.find(({ id }) => id === billing.plan)?.price ?? null;
  return (
    <Section title="Plan" action={<StateBadge billing={billing} />}>
      <div className="px-4 py-3">
        <p className="text-2xl font-semibold tracking-tight">{billing.plan_name}</p>
        <p className="num mt-1 text-sm text-muted-foreground text-pretty">
          <PriceLine billing={billing} price={price} />
        </p>
        {billing.payment_method && (
          <p className="num mt-3 text-sm">
            <span className="capitalize">{billing.payment_method.brand}</span> ending in{' '}
            {billing.payment_method.last4}
            <span className="text-muted-foreground">
              , until {String(billing.payment_method.exp_month).padStart(2, '0')}/
              {billing.payment_method.exp_year}
            </span>
          </p>
        )}
        {open && (
          <div className="mt-3 flex flex-wrap items-center justify-between gap-2 rounded-md border border-traffic-amber/40 bg-traffic-amber-soft px-3 py-2 text-sm">
            <p className="num text-pretty">
              Invoice {open.number} of <Money minor={open.amount_due} currency={open.currency} /> is unpaid
              {open.next_attempt_at && (
                <>
                  ; it is tried again <LocalTime iso={open.next_attempt_at} />
                </>
              )}
              .
            </p>
            {open.hosted_url && canManage && (
              <Button asChild size="xs">
                <a href={open.hosted_url}>Pay now</a>
              </Button>
            )}
          </div>
        )}
        {canManage && (
          <div className="mt-4 flex flex-wrap gap-2">
            {subscription?.cancel_at && <ResumeButton />}
            {subscription?.interval && !subscription.cancel_at && price && (
              <ChangeInterval current={subscription.interval} price={price} />
            )}
            {(subscription || billing.payment_method || billing.synced_at) && <PortalButton />}
            {subscription && !subscription.cancel_at && (
              <EndSubscription
                until={subscription.period_end}
                interval={subscription.interval}
                exceeds={exceeds}
              />
            )}
          </div>
        )}
      </div>
    </Section>
  );
}

function PriceLine({ billing, price }: { billing: BillingState; price: Offer['price'] }) {
  const { subscription, comp } = billing;
  if (comp)
    return (
      <>
        With the compliments of support until <LocalTime iso={comp.until} style="full" />.
      </>
    );
  if (!subscription)
    return billing.plan === 'starter' ? (
      <>Costs nothing, for good.</>
    ) : (
      <>As agreed, without a subscription.</>
    );
  const yearly = subscription.interval === 'yearly';
  return (
    <>
      {price && (
        <>
          <Money minor={yearly ? price.yearly : price.monthly} /> {yearly ? 'a year' : 'a month'}, seats and
          traces beyond the included ones by the month.{' '}
        </>
      )}
      {subscription.cancel_at ? (
        <>
          Ends <LocalTime iso={subscription.cancel_at} style="full" />, and is Starter from then on.
        </>
      ) : (
        <>
          The next invoice comes <LocalTime iso={subscription.period_end} style="full" />.
        </>
      )}
    </>
  );
}

const states: Record<string, { label: string; look: string }> = {
  active: { label: 'Active', look: 'border-traffic-green/40 bg-traffic-green-soft text-traffic-green' },
  trialing: { label: 'Trial', look: 'border-traffic-green/40 bg-traffic-green-soft text-traffic-green' },
  past_due: {
    label: 'Payment failed',
    look: 'border-traffic-amber/40 bg-traffic-amber-soft text-traffic-amber',
  },
  unpaid: { label: 'Unpaid', look: 'border-traffic-red/40 bg-traffic-red-soft text-traffic-red' },
  paused: { label: 'Paused', look: 'border-traffic-amber/40 bg-traffic-amber-soft text-traffic-amber' },
};

function StateBadge({ billing }: { billing: BillingState }) {
  const { subscription, access } = billing;
  if (!subscription) return null;
  const state = states[subscription.status] ?? { label: subscription.status, look: '' };
  const label = access === 'read-only' ? 'Read-only' : subscription.cancel_at ? 'Ending' : state.label;
  return (
    <Badge variant="outline" className={subscription.cancel_at ? '' : state.look}>
      {label}
    </Badge>
  );
}
