import Link from 'next/link';
import { formatCount } from '@/components/data/format';
import { RelativeTime } from '@/components/data/relative-time';
import { Since } from '@/components/operator/amounts';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { FilterForm, FilterText } from '@/components/operator/filter-form';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { AddOperator, RemoveOperator } from '@/components/operator/person-actions';
import { Badge } from '@/components/ui/badge';
import type { OperatorRow } from '@/lib/workflows/operators/schema';
import { PEOPLE_SHOWN, type PersonRow } from '@/lib/workflows/people/schema';

const PATH = '/admin/people';

function Name({ id, name, email }: { id: string; name: string; email: string }) {
  return (
    <Link href={`${PATH}/${id}`} prefetch={false} className="block max-w-72 min-w-0 hover:underline">
      <span className="block truncate font-medium">{name}</span>
      <span className="block truncate text-xs text-muted-foreground">{email}</span>
    </Link>
  );
}

const peopleColumns: readonly DataColumn<PersonRow>[] = [
  { label: 'Person', cell: (person) => <Name id={person.user_id} {...person} /> },
  {
    label: 'Marks',
    cell: (person) => (
      <span className="flex flex-wrap gap-1">
        {person.is_operator && <Badge>operator</Badge>}
        {person.is_disabled && <Badge variant="destructive">disabled</Badge>}
        {!person.is_confirmed && <Badge variant="secondary">not confirmed</Badge>}
      </span>
    ),
  },
  { label: 'Tenants', align: 'right', cell: ({ tenants }) => formatCount(tenants) },
  { label: 'Account since', cell: (person) => <RelativeTime iso={person.created_at} /> },
  { label: 'Last seen', cell: (person) => <Since iso={person.last_seen_at} /> },
];

/** Who runs the platform, and everybody who has an account. */
export function PeopleView({
  people,
  operators,
  q,
  ownId,
}: {
  people: PersonRow[];
  operators: OperatorRow[];
  q: string | undefined;
  ownId: string;
}) {
  const operatorColumns: readonly DataColumn<OperatorRow>[] = [
    { label: 'Operator', cell: (one) => <Name id={one.userId} {...one} /> },
    {
      label: 'By',
      cell: ({ isNamed, isDisabled }) => (
        <>
          {isNamed ? 'OPERATOR_EMAILS' : 'made here'}
          {isDisabled && (
            <Badge variant="destructive" className="ml-2">
              disabled
            </Badge>
          )}
        </>
      ),
    },
    { label: 'Last seen', cell: ({ lastSeenAt }) => <Since iso={lastSeenAt} /> },
    {
      label: 'Actions',
      cell: ({ userId, name, isNamed }) =>
        isNamed ? (
          <span className="text-muted-foreground">–</span>
        ) : (
          <RemoveOperator userId={userId} name={userId === ownId ? `${name} (you)` : name} />
        ),
    },
  ];
  return (
    <>
      <PageHead title="People" actions={<AddOperator />}>
        Who runs the platform, and everybody who has an account.
      </PageHead>
      <Panel title="Operators" note="the last one stays" className="mb-6">
        <DataTable
          label="Operators"
          columns={operatorColumns}
          rows={operators}
          keyOf={({ userId }) => userId}
        />
      </Panel>
      <FilterForm path={PATH} isFiltered={Boolean(q)}>
        <FilterText name="q" label="Name, e-mail or id" value={q} />
      </FilterForm>
      <Panel
        title={q ? 'Found' : 'The newest'}
        note={people.length === PEOPLE_SHOWN ? `the first ${PEOPLE_SHOWN}` : undefined}
      >
        {people.length > 0 ? (
          <DataTable
            label="People"
            columns={peopleColumns}
            rows={people}
            keyOf={(person) => person.user_id}
          />
        ) : (
          <Nothing>Nobody fits that.</Nothing>
        )}
      </Panel>
    </>
  );
}
