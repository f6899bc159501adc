import { CheckIcon, FlaskConicalIcon, PlugZapIcon, UnplugIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { InvoiceTable } from '@/components/billing/invoice-table';
import { PlanCard } from '@/components/billing/plan-card';
import { PlanOffers } from '@/components/billing/plan-offers';
import { TestInvoiceButton } from '@/components/billing/test-invoice-button';
import { UpcomingInvoice } from '@/components/billing/upcoming-invoice';
import { UsageMeters } from '@/components/billing/usage-meters';
import { LocalTime } from '@/components/data/local-time';
import type { BillingPage } from '@/lib/billing/schema';

/** What came of a visit to Stripe's pages, for whoever is back from there. */
export type Return = 'paid' | 'left' | null;

/** What the workspace pays, for what, and how to change it. */
export function BillingView({
  page,
  canManage,
  back,
  publishableKey,
}: {
  page: BillingPage;
  canManage: boolean;
  back: Return;
  publishableKey: string | null;
}) {
  const { billing, invoices, upcoming, offers, used, exceeds } = page;
  const isOn = billing.mode !== null;
  const isSubscribed = billing.subscription !== null;
  return (
    <>
      <div className="max-w-2xl">
        <h1 className="text-xl font-semibold tracking-tight">Billing</h1>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          The plan, what is used of it, and every invoice. Prices in US dollars, without tax.
        </p>
      </div>
      <div className="mt-4 flex flex-col gap-3">
        {billing.mode === 'sandbox' && (
          <Note icon={<FlaskConicalIcon aria-hidden="true" />}>
            No real money moves here: Stripe is played by a sandbox on this machine. Pay with the card 4242
            4242 4242 4242, any date to come and any code.
          </Note>
        )}
        {billing.mode === 'test' && (
          <Note icon={<FlaskConicalIcon aria-hidden="true" />}>
            Stripe’s test mode: no real money moves. Pay with the card 4242 4242 4242 4242.
          </Note>
        )}
        {!isOn && (
          <Note icon={<UnplugIcon aria-hidden="true" />}>
            Payments are not set up on this installation: its operator puts workspaces on their plans. Nothing
            is charged.
          </Note>
        )}
        {isOn && (billing.is_stale || upcoming?.source === 'estimate') && (
          <Note icon={<PlugZapIcon aria-hidden="true" />} isWarning>
            Stripe cannot be reached right now. This is what we knew
            {billing.synced_at && (
              <>
                {' '}
                at <LocalTime iso={billing.synced_at} />
              </>
            )}
            ; changes have to wait.
          </Note>
        )}
        {back === 'paid' && isSubscribed && (
          <Note icon={<CheckIcon aria-hidden="true" />}>
            Thank you: this workspace is on {billing.plan_name} now.
          </Note>
        )}
        <div className="grid gap-3 lg:grid-cols-2">
          <PlanCard billing={billing} offers={offers} canManage={canManage && isOn} exceeds={exceeds} />
          <UsageMeters billing={billing} used={used} canManage={canManage && isOn} />
        </div>
        {isOn && !isSubscribed && billing.plan !== 'enterprise' && (
          <PlanOffers
            offers={offers}
            current={billing.plan}
            canManage={canManage}
            publishableKey={publishableKey}
          />
        )}
        {upcoming && <UpcomingInvoice upcoming={upcoming} />}
        {isOn && (
          <InvoiceTable
            invoices={invoices}
            action={canManage && billing.mode !== 'live' ? <TestInvoiceButton /> : null}
          />
        )}
      </div>
    </>
  );
}

function Note({
  icon,
  isWarning = false,
  children,
}: {
  icon: ReactNode;
  isWarning?: boolean;
  children: ReactNode;
}) {
  return (
    <p
      role="status"
      className={`flex items-start gap-2 rounded-lg border px-3 py-2 text-sm text-pretty [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0 ${isWarning ? 'border-traffic-amber/40 bg-traffic-amber-soft [&_svg]:text-traffic-amber' : 'bg-muted/60 [&_svg]:text-muted-foreground'}`}
    >
      {icon}
      <span>{children}</span>
    </p>
  );
}
