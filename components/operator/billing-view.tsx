import Link from 'next/link';
import { formatCount, plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';
import { ReplayEvent, RetryReport } from '@/components/operator/billing-actions';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { FilterChoice, FilterForm } from '@/components/operator/filter-form';
import { toHref } from '@/components/operator/list-href';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { Pager } from '@/components/operator/pager';
import { Badge } from '@/components/ui/badge';
import {
  type BillingOverview,
  type EventFilter,
  eventStates,
  type StripeEvent,
} from '@/lib/workflows/billing-operations/schema';

const PATH = '/admin/billing';

const looks = {
  waiting: 'secondary',
  done: 'ghost',
  ignored: 'ghost',
  failed: 'destructive',
} as const satisfies Record<StripeEvent['state'], string>;

const eventColumns: readonly DataColumn<StripeEvent>[] = [
  {
    label: 'Event',
    className: 'max-w-96 whitespace-normal',
    cell: (event) => (
      <details>
        <summary className="cursor-pointer">
          <span className="font-medium">{event.type}</span>{' '}
          <code className="text-xs text-muted-foreground">{event.id}</code>
        </summary>
        {/* As text: a tree of each would be most of the page. */}
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
          tabIndex={0}
          className="mt-2 max-h-96 overflow-y-auto font-mono text-xs wrap-anywhere whitespace-pre-wrap"
        >
          {JSON.stringify(event.payload, null, 2)}
        </pre>
      </details>
    ),
  },
  {
    label: 'Tenant',
    cell: ({ tenant_id: id, slug }) =>
      id ? (
        <Link href={`/admin/tenants/${id}`} prefetch={false} className="hover:underline">
          {slug ?? 'gone'}
        </Link>
      ) : (
        <span className="text-muted-foreground">none</span>
      ),
  },
  { label: 'State', cell: ({ state }) => <Badge variant={looks[state]}>{state}</Badge> },
  { label: 'Received', cell: (event) => <RelativeTime iso={event.received_at} /> },
  {
    label: 'Error',
    className: 'max-w-64 whitespace-normal wrap-anywhere',
    cell: ({ error }) => error ?? <span className="text-muted-foreground">–</span>,
  },
  {
    label: 'Actions',
    cell: (event) => (event.tenant_id ? <ReplayEvent id={event.id} type={event.type} /> : null),
  },
];

const failingColumns: readonly DataColumn<BillingOverview['failing'][number]>[] = [
  {
    label: 'Tenant',
    cell: ({ tenant_id: id, slug }) => (
      <Link href={`/admin/tenants/${id}`} prefetch={false} className="hover:underline">
        {slug}
      </Link>
    ),
  },
  { label: 'What', cell: ({ what }) => (what === 'sync' ? 'copy of its customer' : 'number of seats') },
  { label: 'Failures', align: 'right', cell: ({ failures }) => formatCount(failures) },
  { label: 'Error', className: 'whitespace-normal wrap-anywhere', cell: ({ error }) => error ?? '–' },
];

const letterColumns: readonly DataColumn<BillingOverview['dead_letters'][number]>[] = [
  {
    label: 'Tenant',
    cell: ({ tenant_id: id, slug }) => (
      <Link href={`/admin/tenants/${id}`} prefetch={false} className="hover:underline">
        {slug}
      </Link>
    ),
  },
  { label: 'Hour', cell: ({ hour }) => <LocalTime iso={hour} style="full" /> },
  { label: 'Traces', align: 'right', cell: ({ delta }) => formatCount(delta) },
  { label: 'Attempts', align: 'right', cell: ({ attempts }) => formatCount(attempts) },
  {
    label: 'Given up because',
    className: 'max-w-80 whitespace-normal wrap-anywhere',
    cell: ({ reason }) => reason,
  },
  {
    label: 'Actions',
    cell: (letter) => <RetryReport tenantId={letter.tenant_id} id={letter.id} slug={letter.slug} />,
  },
];

/** How billing stands over all tenants: what Stripe has told, what fails, and what was given up. */
export function BillingView({ overview, filter }: { overview: BillingOverview; filter: EventFilter }) {
  const { events, next, failing, dead_letters: letters, usage } = overview;
  const { before, ...rest } = filter;
  return (
    <>
      <PageHead title="Billing">
        {overview.mode === null
          ? 'Stripe is not set up on this installation: nothing is charged.'
          : `Stripe, ${overview.mode === 'live' ? 'live mode' : overview.mode === 'test' ? 'test mode: no real money moves' : 'played by the sandbox: no real money moves'}.`}
        {overview.mode !== null &&
          !overview.takes_webhooks &&
          ' STRIPE_WEBHOOK_SECRET is not set: webhooks are refused.'}
      </PageHead>
      <dl className="mb-4 grid gap-3 sm:grid-cols-4">
        <Figure label="Customers" value={formatCount(overview.customers)} />
        <Figure label="Paying" value={formatCount(overview.paying)} />
        <Figure label="Past due" value={formatCount(overview.past_due)} />
        <Figure
          label="Reports waiting"
          value={formatCount(usage.waiting)}
          note={
            usage.waiting > 0
              ? `the oldest for ${plural(Math.ceil(usage.oldest_seconds / 60), 'minute')}`
              : null
          }
        />
      </dl>
      {failing.length > 0 && (
        <Panel title="Failing">
          <DataTable
            label="Failing"
            columns={failingColumns}
            rows={failing}
            keyOf={(row) => `${row.what} ${row.tenant_id}`}
          />
        </Panel>
      )}
      {letters.length > 0 && (
        <Panel title="Usage that was given up">
          <DataTable
            label="Usage that was given up"
            columns={letterColumns}
            rows={letters}
            keyOf={({ id }) => id}
          />
        </Panel>
      )}
      <h2 className="mt-6 mb-2 text-sm font-semibold">What Stripe has told</h2>
      <FilterForm path={PATH} isFiltered={rest.state !== undefined}>
        <FilterChoice
          name="state"
          label="State"
          value={rest.state}
          all="Every state"
          options={eventStates.map((value) => ({ value, label: value }))}
        />
      </FilterForm>
      <div className="overflow-hidden rounded-lg border bg-card">
        {events.length > 0 ? (
          <DataTable label="Events of Stripe" columns={eventColumns} rows={events} keyOf={({ id }) => id} />
        ) : (
          <Nothing>{rest.state ? 'No event is in this state.' : 'Stripe has told nothing yet.'}</Nothing>
        )}
      </div>
      <Pager
        label="Pages of events"
        firstHref={before ? toHref(PATH, rest) : null}
        nextHref={next ? toHref(PATH, { ...rest, before: next }) : null}
        note={events.length > 0 ? plural(events.length, 'event') : null}
      />
    </>
  );
}

function Figure({ label, value, note = null }: { label: string; value: string; note?: string | null }) {
  return (
    <div className="rounded-lg border bg-card px-4 py-3">
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className="num mt-0.5 text-lg font-semibold tracking-tight">{value}</dd>
      {note && <dd className="num mt-0.5 text-xs text-muted-foreground">{note}</dd>}
    </div>
  );
}
