import type { Metadata } from 'next';
import { PeopleView } from '@/components/operator/people-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { listOperators } from '@/lib/workflows/operators/queries';
import { searchPeople } from '@/lib/workflows/people/queries';
import { peopleSearch } from '@/lib/workflows/people/schema';

export const metadata: Metadata = { title: 'People' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function PeoplePage({ searchParams }: Props) {
  const ctx = await requireOperator();
  const { q } = peopleSearch.parse(await searchParams);
  const [people, operators] = await Promise.all([searchPeople(ctx, q), listOperators(ctx)]);
  return <PeopleView people={people} operators={operators} q={q} ownId={ctx.operator.id} />;
}
