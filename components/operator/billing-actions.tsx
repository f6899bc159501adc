'use client';

import { ReasonDialog } from '@/components/operator/reason-dialog';
import {
  compPlan,
  extendGrace,
  giveCredit,
  replayEvent,
  retryReport,
} from '@/lib/workflows/billing-operations/actions';
import { type PlanName, planChoices } from '@/lib/workflows/tenant-directory/schema';

/** Takes an event once more. */
export function ReplayEvent({ id, type }: { id: string; type: string }) {
  return (
    <ReasonDialog
      trigger="Replay"
      size="xs"
      label={`Replay ${type}`}
      title={`Replay ${type}`}
      effects={['Whatever it told of is fetched from Stripe anew, as it is now.']}
      verb="Replay"
      doing="Asking…"
      run={({ reason }) => replayEvent({ eventId: id, reason })}
      done="It is fetched within seconds."
    />
  );
}

/** Sends a report that was given up again. */
export function RetryReport({ tenantId, id, slug }: { tenantId: string; id: string; slug: string }) {
  return (
    <ReasonDialog
      trigger="Try again"
      size="xs"
      label={`Try again: usage of ${slug}`}
      title={`Report the usage of ${slug} again`}
      effects={[
        'It is sent under the same name: had it arrived after all, it is not counted twice within a day.',
      ]}
      verb="Try again"
      doing="Asking…"
      run={({ reason }) => retryReport({ tenantId, reportId: id, reason })}
      done="It is sent within seconds."
    />
  );
}

/** What can be given to a tenant that pays, or does not: a plan, an amount, time. */
export function BillingActions({ tenantId, name }: { tenantId: string; name: string }) {
  const until = { name: 'until', label: 'Until', type: 'datetime-local' } as const;
  return (
    <span className="flex flex-wrap gap-1.5">
      <ReasonDialog
        trigger="Give a plan"
        title={`Give ${name} a plan`}
        effects={['It costs nothing until then; afterwards the workspace is on what it pays for.']}
        fields={[{ name: 'plan', label: 'Plan', initial: 'pro', options: planChoices }, until]}
        verb="Give it"
        doing="Giving…"
        run={({ reason, plan, until: end }) =>
          compPlan({ tenantId, reason, plan: plan as PlanName, until: toIso(end) })
        }
        done="The plan is given."
      />
      <ReasonDialog
        trigger="Give a credit"
        title={`Credit ${name} an amount`}
        effects={[
          'Its next invoices are paid with it before its card is charged.',
          'It cannot be taken back here.',
        ]}
        fields={[{ name: 'cents', label: 'Amount in US cents', type: 'number' }]}
        verb="Credit it"
        doing="Crediting…"
        run={({ reason, cents }) => giveCredit({ tenantId, reason, cents })}
        done="The amount is credited."
      />
      <ReasonDialog
        trigger="Give more time to pay"
        title={`Give ${name} more time to pay`}
        effects={['Until then it is not read-only, whatever it owes.']}
        fields={[until]}
        verb="Give it"
        doing="Giving…"
        run={({ reason, until: end }) => extendGrace({ tenantId, reason, until: toIso(end) })}
        done="The time is given."
      />
    </span>
  );
}

/** What a field for a time holds is the reader's local time; nothing typed stays nothing, and is refused with a sentence. */
function toIso(local: string | undefined): string {
  const time = Date.parse(local ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}
