import type { Metadata } from 'next';
import { JobsView } from '@/components/operator/jobs-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { listJobs } from '@/lib/workflows/operator-jobs/queries';
import { jobSearch } from '@/lib/workflows/operator-jobs/schema';

export const metadata: Metadata = { title: 'Jobs' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function JobsPage({ searchParams }: Props) {
  const ctx = await requireOperator();
  const filter = jobSearch.parse(await searchParams);
  return <JobsView page={await listJobs(ctx, filter)} filter={filter} />;
}
