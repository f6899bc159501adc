import { Money } from '@/components/billing/money';
import { LocalTime } from '@/components/data/local-time';
import { BillingActions } from '@/components/operator/billing-actions';
import { Panel } from '@/components/operator/page-head';
import type { TenantBilling as Billing } from '@/lib/workflows/billing-operations/schema';

/** How a tenant pays, and what an operator can give it. */
export function TenantBilling({
  tenant,
  billing,
}: {
  tenant: { id: string; name: string };
  billing: Billing;
}) {
  const { subscription, comp, customer, open_invoice: open } = billing;
  return (
    <Panel title="Billing" note={billing.plan_name}>
      <dl className="num grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 px-4 py-3 text-sm">
        <dt className="text-muted-foreground">Customer</dt>
        <dd className="min-w-0 wrap-anywhere">
          {customer?.dashboard_url ? (
            <a
              href={customer.dashboard_url}
              rel="noreferrer"
              target="_blank"
              className="text-primary hover:underline"
            >
              {customer.id} in Stripe’s dashboard
            </a>
          ) : (
            (customer?.id ?? 'none yet')
          )}
        </dd>
        <dt className="text-muted-foreground">Subscription</dt>
        <dd>
          {subscription ? (
            <>
              {subscription.status}, {subscription.interval ?? 'made by hand'}, until{' '}
              <LocalTime iso={subscription.period_end} style="full" />
              {subscription.cancel_at && ', ending'}
            </>
          ) : (
            'none'
          )}
        </dd>
        <dt className="text-muted-foreground">Seats</dt>
        <dd>
          {billing.seats.used}
          {subscription?.seats != null && `, ${subscription.seats} at Stripe`}
        </dd>
        {comp && (
          <>
            <dt className="text-muted-foreground">Given</dt>
            <dd>
              {comp.plan} until <LocalTime iso={comp.until} style="full" />
            </dd>
          </>
        )}
        {open && (
          <>
            <dt className="text-muted-foreground">Unpaid</dt>
            <dd>
              {open.number}, <Money minor={open.amount_due} currency={open.currency} />
              {billing.read_only_at && (
                <>
                  ; read-only from <LocalTime iso={billing.read_only_at} /> on
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      <div className="border-t px-4 py-3">
        <BillingActions tenantId={tenant.id} name={tenant.name} />
      </div>
    </Panel>
  );
}
