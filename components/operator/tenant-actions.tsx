'use client';

import { DownloadIcon, LogInIcon, PencilLineIcon } from 'lucide-react';
import { plural } from '@/components/data/format';
import { ReasonDialog } from '@/components/operator/reason-dialog';
import { allowSupportWriting, enterAsSupport } from '@/lib/workflows/support/actions';
import { SUPPORT_MINUTES, WRITE_MINUTES } from '@/lib/workflows/support/rules';
import { type PlanName, planChoices } from '@/lib/workflows/tenant-directory/schema';
import {
  changePlan,
  checkTenant,
  clearTenantAmounts,
  clearTenantRate,
  deleteTenant,
  keepTenant,
  reactivateTenant,
  renameTenant,
  setTenantAmounts,
  setTenantRate,
  suspendTenant,
} from '@/lib/workflows/tenant-operations/actions';
import type { TenantDetail } from '@/lib/workflows/tenant-operations/schema';

type Tenant = Pick<
  TenantDetail,
  'id' | 'slug' | 'name' | 'status' | 'plan' | 'allows_support' | 'deletion' | 'rate'
> & {
  members: number;
  liveKeys: number;
};

/** What can be done to a tenant in its state, each with what it does. */
export function TenantActions({ tenant, hasStay }: { tenant: Tenant; hasStay: boolean }) {
  const { status, deletion } = tenant;
  return (
    <>
      {status === 'active' && tenant.allows_support && <EnterAsSupport tenant={tenant} />}
      {status === 'active' && hasStay && <AllowWriting tenant={tenant} />}
      {status === 'active' && <Suspend tenant={tenant} />}
      {status === 'suspended' && <Reactivate tenant={tenant} />}
      {status === 'deleting' && deletion?.can_keep && <Keep tenant={tenant} />}
      <Rename tenant={tenant} />
      <ChangePlan tenant={tenant} />
      <Export tenant={tenant} />
      {status === 'active' && <Delete tenant={tenant} />}
    </>
  );
}

function EnterAsSupport({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger={
        <>
          <LogInIcon aria-hidden="true" />
          Enter as support
        </>
      }
      variant="default"
      title={`Look into the console of ${tenant.name}`}
      effects={[
        `You see what a viewer sees, for ${SUPPORT_MINUTES} minutes, and can change nothing.`,
        'Its audit log says who you are, when you came, and why.',
      ]}
      verb="Enter"
      doing="Entering…"
      run={({ reason }) => enterAsSupport({ tenantId: tenant.id, reason })}
      done={null}
      onDone={({ url }) => window.location.assign(url)}
    />
  );
}

function AllowWriting({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger={
        <>
          <PencilLineIcon aria-hidden="true" />
          Change things there
        </>
      }
      title={`Change things in the console of ${tenant.name}`}
      effects={[
        `For ${WRITE_MINUTES} minutes of your stay you may do there what an admin may.`,
        'Not: invite people, make keys, download data, delete the workspace.',
        'Its audit log says so, and names you in each row.',
      ]}
      verb="Allow changes"
      doing="Allowing…"
      destructive
      run={({ reason }) => allowSupportWriting({ tenantId: tenant.id, reason })}
      done="You may change things there now."
    />
  );
}

function Suspend({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Suspend"
      title={`Suspend ${tenant.name}`}
      effects={[
        `${plural(tenant.members, 'member')} see a page that says so; ${plural(tenant.liveKeys, 'key')} get 403.`,
        'Nothing is lost and nothing is metered. Reactivating undoes it.',
      ]}
      verb="Suspend"
      doing="Suspending…"
      destructive
      run={({ reason }) => suspendTenant({ tenantId: tenant.id, reason })}
      done={`${tenant.name} is suspended.`}
    />
  );
}

function Reactivate({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Reactivate"
      variant="default"
      title={`Reactivate ${tenant.name}`}
      effects={['Its pages and keys work again, within 5 seconds.']}
      verb="Reactivate"
      doing="Reactivating…"
      run={({ reason }) => reactivateTenant({ tenantId: tenant.id, reason })}
      done={`${tenant.name} works again.`}
    />
  );
}

function Keep({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Keep"
      variant="default"
      title={`Keep ${tenant.name}`}
      effects={['All is as it was before the deletion was asked for.', 'Its admins are told by mail.']}
      verb="Keep it"
      doing="Keeping…"
      run={({ reason }) => keepTenant({ tenantId: tenant.id, reason })}
      done={`${tenant.name} stays.`}
    />
  );
}

function Rename({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Rename"
      title={`Rename ${tenant.name}`}
      effects={['Its address stays.']}
      fields={[{ name: 'name', label: 'Name', initial: tenant.name }]}
      verb="Rename"
      doing="Renaming…"
      run={({ name = '', reason }) => renameTenant({ tenantId: tenant.id, name, reason })}
      done="It has another name."
    />
  );
}

function ChangePlan({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Plan"
      label="Change the plan"
      title={`Change the plan of ${tenant.name}`}
      effects={[
        'Limits and features follow within 5 seconds.',
        'What exceeds a smaller plan stays, and stops growing.',
      ]}
      fields={[{ name: 'plan', label: 'Plan', initial: tenant.plan, options: planChoices }]}
      verb="Change plan"
      doing="Changing…"
      run={({ plan, reason }) => changePlan({ tenantId: tenant.id, plan: plan as PlanName, reason })}
      done="It is on another plan."
    />
  );
}

/** A download is asked for by an address, which the reason stands in. */
function Export({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger={
        <>
          <DownloadIcon aria-hidden="true" />
          Export
        </>
      }
      title={`Download everything of ${tenant.name}`}
      effects={[
        'The archive that its own admins get: every trace, member and key, without secrets.',
        'Its audit log says who took it.',
      ]}
      verb="Download"
      doing="Beginning…"
      run={async ({ reason }) => ({ ok: true, data: reason })}
      done="The download begins."
      onDone={(reason) =>
        window.location.assign(
          `/api/v1/admin/tenants/${tenant.id}/export?reason=${encodeURIComponent(reason)}`,
        )
      }
    />
  );
}

function Delete({ tenant }: { tenant: Tenant }) {
  return (
    <ReasonDialog
      trigger="Delete"
      title={`Delete ${tenant.name}`}
      effects={[
        `It is closed at once: ${plural(tenant.members, 'member')} and ${plural(tenant.liveKeys, 'key')} are shut out.`,
        'It is erased after seven days, until when you or its admins can keep it. They are told by mail.',
      ]}
      fields={[{ name: 'slug', label: `Type its address, ${tenant.slug}` }]}
      verb="Delete"
      doing="Deleting…"
      destructive
      run={({ slug = '', reason }) => deleteTenant({ tenantId: tenant.id, slug, reason })}
      done={`${tenant.name} is closed, and erased in seven days.`}
    />
  );
}

/** The rate that a tenant has instead of its plan's, for a time. */
export function RateActions({ tenant }: { tenant: Tenant }) {
  const { rate } = tenant;
  return (
    <div className="flex flex-wrap gap-2">
      <ReasonDialog
        trigger={rate.from === 'operator' ? 'Change' : 'Override'}
        label="Override the limit"
        title={`Limit of ${tenant.name}`}
        effects={['Stands in place of its plan’s until then, and acts within 5 seconds.']}
        fields={[
          { name: 'perSecond', label: 'Requests a second', type: 'number', initial: String(rate.per_second) },
          { name: 'burst', label: 'At once', type: 'number', initial: String(rate.burst) },
          { name: 'expiresAt', label: 'Until', type: 'datetime-local' },
        ]}
        verb="Set limit"
        doing="Setting…"
        run={({ perSecond, burst, expiresAt = '', reason }) =>
          // The field speaks of the operator's own zone.
          setTenantRate({
            tenantId: tenant.id,
            perSecond,
            burst,
            expiresAt: expiresAt === '' ? '' : new Date(expiresAt).toISOString(),
            reason,
          })
        }
        done="The limit is set."
      />
      {rate.from === 'operator' && (
        <ReasonDialog
          trigger="Take back"
          title={`The plan’s limit for ${tenant.name}`}
          effects={['What an operator has set ends within 5 seconds.']}
          verb="Take back"
          doing="Taking back…"
          run={({ reason }) => clearTenantRate({ tenantId: tenant.id, reason })}
          done="It has its plan’s limit."
        />
      )}
    </div>
  );
}

/** The amounts that are agreed with a tenant in place of its plan's. */
export function AmountsActions({ tenant }: { tenant: Tenant & Pick<TenantDetail, 'amounts'> }) {
  const { amounts } = tenant;
  const text = (amount: number | null | undefined) => (amount == null ? '' : String(amount));
  const amountIn = (said: string | undefined) => (said?.trim() ? said : null);
  return (
    <div className="flex flex-wrap gap-2">
      <ReasonDialog
        trigger={amounts ? 'Change' : 'Agree'}
        label="Agree amounts"
        title={`Amounts of ${tenant.name}`}
        effects={[
          'They stand in place of its plan’s from this period on. What is left empty is as the plan says.',
          'Traces beyond them cost the price, or are refused where there is none.',
        ]}
        fields={[
          { name: 'traces', label: 'Traces a period', type: 'number', initial: text(amounts?.traces) },
          {
            name: 'per1000Traces',
            label: 'Price of 1,000 more, in US cents',
            type: 'number',
            initial: text(amounts?.per_1000_traces),
          },
          { name: 'seats', label: 'Seats', type: 'number', initial: text(amounts?.seats) },
        ]}
        verb="Set amounts"
        doing="Setting…"
        run={({ traces, per1000Traces, seats, reason }) =>
          setTenantAmounts({
            ...{ tenantId: tenant.id, reason },
            traces: amountIn(traces),
            per1000Traces: amountIn(per1000Traces),
            seats: amountIn(seats),
          })
        }
        done="The amounts are set."
      />
      {amounts && (
        <ReasonDialog
          trigger="Take back"
          label="Take the amounts back"
          title={`The plan’s amounts for ${tenant.name}`}
          effects={['What was agreed ends at once.']}
          verb="Take back"
          doing="Taking back…"
          run={({ reason }) => clearTenantAmounts({ tenantId: tenant.id, reason })}
          done="It has its plan’s amounts."
        />
      )}
    </div>
  );
}

/** Runs the isolation check now. */
export function CheckIsolation({ tenantId }: { tenantId: string }) {
  return (
    <ReasonDialog
      trigger="Check now"
      title="Run the isolation check"
      effects={['Tries, as this tenant, to reach what belongs to another, by eleven ways. Changes nothing.']}
      verb="Check"
      doing="Checking…"
      run={({ reason }) => checkTenant({ tenantId, reason })}
      done="The check has run."
    />
  );
}
