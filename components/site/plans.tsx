import { CheckIcon } from 'lucide-react';
import { formatCents } from '@/components/data/format';
import { Button } from '@/components/ui/button';

/** A plan as the site shows it. Money is in integer US cents; null is "by agreement". */
export type ShownPlan = {
  id: string;
  name: string;
  audience: string;
  price: { monthly: number; yearly: number } | null;
  included: { seats: number; traces: number } | null;
  overage: { perSeat: number; per1000Traces: number } | null;
  retentionDays: number | null;
  features: readonly string[];
};

/** The plans side by side, with what each includes and what more costs. */
export function Plans({ plans, signUpUrl }: { plans: ShownPlan[]; signUpUrl: string }) {
  return (
    <section aria-labelledby="plans" className="mx-auto max-w-6xl px-4 py-14 sm:px-6 lg:py-18">
      <h2 id="plans" className="text-2xl font-semibold tracking-tight">
        Plans
      </h2>
      <p className="mt-2 text-sm text-muted-foreground">
        Prices in US dollars, without tax. A trace is one answer; sending it again costs nothing.
      </p>
      <ul className="mt-8 grid gap-4 lg:grid-cols-3">
        {plans.map((plan) => (
          <li key={plan.id} className="flex flex-col rounded-xl border bg-card p-6">
            <h3 className="font-medium">{plan.name}</h3>
            <p className="mt-1 text-sm text-muted-foreground">{plan.audience}</p>
            <Price price={plan.price} />
            <ul className="mt-5 flex flex-1 flex-col gap-2.5 text-sm">
              {linesOf(plan).map((line) => (
                <li key={line} className="flex gap-2.5">
                  <CheckIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-primary" />
                  <span className="text-pretty">{line}</span>
                </li>
              ))}
            </ul>
            <Button asChild variant={plan.price?.monthly === 0 ? 'default' : 'outline'} className="mt-6">
              <a href={plan.price ? signUpUrl : 'mailto:sales@ragtoolkit.app'}>
                {plan.price
                  ? plan.price.monthly === 0
                    ? 'Start for nothing'
                    : 'Create a workspace'
                  : 'Write to us'}
              </a>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Price({ price }: { price: ShownPlan['price'] }) {
  if (!price) return <p className="mt-5 text-3xl font-semibold tracking-tight">By agreement</p>;
  return (
    <p className="mt-5">
      <span className="text-3xl font-semibold tracking-tight tabular-nums">{formatCents(price.monthly)}</span>{' '}
      <span className="text-sm text-muted-foreground">
        {price.monthly === 0 ? 'for good' : `a month, or ${formatCents(price.yearly)} a year`}
      </span>
    </p>
  );
}

function linesOf(plan: ShownPlan): string[] {
  const lines: string[] = [];
  if (plan.included)
    lines.push(`${count(plan.included.traces)} traces a month, ${plan.included.seats} seats`);
  if (plan.overage) {
    lines.push(
      `Beyond that ${formatCents(plan.overage.per1000Traces)} for 1,000 traces, ${formatCents(plan.overage.perSeat)} for a seat`,
    );
  }
  if (plan.retentionDays) lines.push(`Traces kept for ${plan.retentionDays} days`);
  return [...lines, ...plan.features];
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
