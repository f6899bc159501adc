'use client';

import { CheckIcon } from 'lucide-react';
import { useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { EmbeddedCheckout } from '@/components/billing/embedded-checkout';
import { Money } from '@/components/billing/money';
import { Section } from '@/components/billing/section';
import { formatCents, formatCount } from '@/components/data/format';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import type { Offer } from '@/lib/billing/schema';
import { startCheckout } from '@/lib/billing-checkout/actions';

type Interval = 'monthly' | 'yearly';

/** What a workspace without a subscription can have, and the way to it. */
export function PlanOffers({
  offers,
  current,
  canManage,
  publishableKey,
}: {
  offers: Offer[];
  current: string;
  canManage: boolean;
  publishableKey: string | null;
}) {
  const [interval, setInterval] = useState<Interval>('monthly');
  const [secret, setSecret] = useState<string | null>(null);
  const form = useSubmit();
  const begin = async (plan: Offer['id']) => {
    const checkout = await form.run(() => startCheckout({ plan, interval }), { leaving: !publishableKey });
    if (checkout?.url) window.location.assign(checkout.url);
    else if (checkout) setSecret(checkout.client_secret);
  };
  if (secret && publishableKey)
    return (
      <Section title="Checkout">
        <EmbeddedCheckout publishableKey={publishableKey} clientSecret={secret} />
      </Section>
    );
  return (
    <Section
      title="Change the plan"
      note={canManage ? undefined : 'An admin of the workspace can do this.'}
      action={<IntervalChoice value={interval} onChange={setInterval} />}
    >
      <ul className="grid divide-y sm:grid-cols-2 sm:divide-x sm:divide-y-0">
        {offers
          .filter(({ id }) => id !== 'starter')
          .map((offer) => (
            <li key={offer.id} className="flex flex-col px-4 py-4">
              <h3 className="text-sm font-medium">{offer.name}</h3>
              <p className="mt-0.5 text-sm text-muted-foreground">{offer.audience}</p>
              <p className="num mt-3 text-xl font-semibold tracking-tight">
                {offer.price ? (
                  <>
                    <Money minor={offer.price[interval]} />{' '}
                    <span className="text-sm font-normal text-muted-foreground">
                      {interval === 'yearly' ? 'a year' : 'a month'}
                    </span>
                  </>
                ) : (
                  'By agreement'
                )}
              </p>
              <ul className="num mt-3 flex flex-1 flex-col gap-1.5 text-sm">
                {linesOf(offer).map((line) => (
                  <li key={line} className="flex gap-2">
                    <CheckIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-primary" />
                    <span className="text-pretty">{line}</span>
                  </li>
                ))}
              </ul>
              <div className="mt-4">
                {offer.price ? (
                  canManage && (
                    <BusyButton
                      type="button"
                      pending={form.pending}
                      pendingLabel="Going to Checkout…"
                      onClick={() => begin(offer.id)}
                    >
                      {current === offer.id ? `Subscribe to ${offer.name}` : `Upgrade to ${offer.name}`}
                    </BusyButton>
                  )
                ) : (
                  <Button asChild variant="outline">
                    <a href="mailto:sales@ragtoolkit.app">Write to us</a>
                  </Button>
                )}
              </div>
            </li>
          ))}
      </ul>
      {form.failure && (
        <div className="mx-4 mb-4">
          <FormError>{form.failure}</FormError>
        </div>
      )}
    </Section>
  );
}

function IntervalChoice({ value, onChange }: { value: Interval; onChange: (value: Interval) => void }) {
  return (
    <fieldset className="flex h-8 rounded-md border border-input bg-card p-0.5 text-sm">
      <legend className="sr-only">Paid by</legend>
      {(['monthly', 'yearly'] as const).map((interval) => (
        <label
          key={interval}
          className="flex cursor-pointer items-center rounded-sm px-2.5 text-muted-foreground has-checked:bg-accent has-checked:font-medium has-checked:text-accent-foreground has-focus-visible:ring-[3px] has-focus-visible:ring-ring/50"
        >
          <input
            type="radio"
            name="interval"
            className="sr-only"
            checked={value === interval}
            onChange={() => onChange(interval)}
          />
          {interval === 'monthly' ? 'By the month' : 'By the year'}
        </label>
      ))}
    </fieldset>
  );
}

function linesOf({ included, overage }: Offer): string[] {
  return [
    ...(included ? [`${formatCount(included.traces)} traces a month and ${included.seats} seats`] : []),
    ...(overage
      ? [
          `${formatCents(overage.per1000Traces)} for 1,000 traces more, ${formatCents(overage.perSeat)} a month for a seat more`,
        ]
      : []),
    ...(included ? [] : ['Limits, retention and terms of your own']),
  ];
}
