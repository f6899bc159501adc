import Link from 'next/link';
import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';
import { Since } from '@/components/operator/amounts';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { PersonActions } from '@/components/operator/person-actions';
import { Badge } from '@/components/ui/badge';
import type { PersonDetail } from '@/lib/workflows/people/schema';

const tenantColumns: readonly DataColumn<PersonDetail['tenants'][number]>[] = [
  {
    label: 'Tenant',
    cell: ({ id, name, slug }) => (
      <Link href={`/admin/tenants/${id}`} prefetch={false} className="block min-w-0 hover:underline">
        <span className="block truncate font-medium">{name}</span>
        <span className="block truncate text-xs text-muted-foreground">{slug}</span>
      </Link>
    ),
  },
  { label: 'Role', cell: ({ role }) => <span className="capitalize">{role}</span> },
  { label: 'Last active', cell: (tenant) => <Since iso={tenant.last_active_at} /> },
];

const sessionColumns: readonly DataColumn<PersonDetail['sessions'][number]>[] = [
  { label: 'Begun', cell: (session) => <RelativeTime iso={session.created_at} /> },
  { label: 'By', cell: ({ method }) => method ?? '–' },
  { label: 'Last seen', cell: (session) => <Since iso={session.last_seen_at} /> },
  { label: 'From', cell: ({ ip }) => <code className="text-xs">{ip ?? '–'}</code> },
  {
    label: 'Client',
    className: 'max-w-64 whitespace-normal wrap-anywhere',
    cell: (session) => session.user_agent ?? '–',
  },
];

/** One person: their marks, their tenants, their sessions, and what can be done about them. */
export function PersonView({ person, isOwn }: { person: PersonDetail; isOwn: boolean }) {
  return (
    <>
      <PageHead title={person.name} actions={<PersonActions person={person} isOwn={isOwn} />}>
        <span className="num flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="wrap-anywhere">{person.email}</span>
          {person.is_operator && <Badge>operator</Badge>}
          {person.is_disabled && <Badge variant="destructive">disabled</Badge>}
          <Badge variant="secondary">{person.is_confirmed ? 'confirmed' : 'not confirmed'}</Badge>
          {person.has_second_factor && <Badge variant="secondary">two-factor</Badge>}
          <span>
            since <LocalTime iso={person.created_at} style="full" />
          </span>
          <code className="text-xs">{person.user_id}</code>
        </span>
      </PageHead>
      {person.disabled_at && (
        <p className="num mb-4 rounded-lg border border-destructive/50 bg-destructive/10 px-4 py-2.5 text-sm">
          Disabled since <LocalTime iso={person.disabled_at} style="full" />.
        </p>
      )}
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title="Tenants">
          {person.tenants.length > 0 ? (
            <DataTable label="Tenants" columns={tenantColumns} rows={person.tenants} keyOf={({ id }) => id} />
          ) : (
            <Nothing>They belong to no tenant.</Nothing>
          )}
        </Panel>
        <Panel title="Open sessions">
          {person.sessions.length > 0 ? (
            <DataTable
              label="Open sessions"
              columns={sessionColumns}
              rows={person.sessions}
              keyOf={({ id }) => id}
            />
          ) : (
            <Nothing>They are signed in nowhere.</Nothing>
          )}
        </Panel>
      </div>
    </>
  );
}
