import Link from 'next/link';
import { formatCount, plural } from '@/components/data/format';
import { RelativeTime } from '@/components/data/relative-time';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { FilterChoice, FilterForm } from '@/components/operator/filter-form';
import { JobActions } from '@/components/operator/job-actions';
import { toHref } from '@/components/operator/list-href';
import { Nothing, PageHead } from '@/components/operator/page-head';
import { Pager } from '@/components/operator/pager';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { Badge } from '@/components/ui/badge';
import {
  type Job,
  type JobFilter,
  type JobPage,
  type JobState,
  jobQueues,
  jobStates,
} from '@/lib/workflows/operator-jobs/schema';

const PATH = '/admin/jobs';
const REFRESH_MS = 10_000;

const looks = {
  waiting: 'secondary',
  running: 'default',
  retrying: 'outline',
  failed: 'destructive',
  done: 'ghost',
} as const satisfies Record<JobState, string>;

const columns: readonly DataColumn<Job>[] = [
  {
    label: 'Job',
    className: 'max-w-80 whitespace-normal',
    cell: ({ title, payload }) => (
      <>
        <span className="block font-medium wrap-anywhere">{title}</span>
        <span className="block text-xs wrap-anywhere text-muted-foreground">
          {Object.entries(payload)
            .filter(([, value]) => value !== title)
            .map(([name, value]) => `${name}: ${value}`)
            .join(' · ')}
        </span>
      </>
    ),
  },
  { label: 'Queue', cell: ({ queue }) => jobQueues[queue] },
  { label: 'State', cell: ({ state }) => <Badge variant={looks[state]}>{state}</Badge> },
  { label: 'Attempts', align: 'right', cell: ({ attempts }) => formatCount(attempts) },
  { label: 'Queued', cell: (job) => <RelativeTime iso={job.queued_at} /> },
  {
    label: 'Last error',
    className: 'max-w-64 whitespace-normal wrap-anywhere',
    cell: (job) => job.last_error ?? <span className="text-muted-foreground">–</span>,
  },
  { label: 'Actions', cell: (job) => <JobActions job={job} /> },
];

/** What is done later, over all queues, and what can be done about it. */
export function JobsView({ page: { jobs, counts, next }, filter }: { page: JobPage; filter: JobFilter }) {
  const { before, ...rest } = filter;
  const isFiltered = Boolean(rest.queue ?? rest.state);
  return (
    <>
      {!before && <LiveRefresh intervalMs={REFRESH_MS} />}
      <PageHead title="Jobs">
        What is done in the background: mails, Stripe’s webhooks, reports of usage, exports and erasures. What
        a mail says is not shown, for it may hold a way in.
      </PageHead>
      {counts.length > 0 && (
        <ul aria-label="Open jobs" className="mb-4 flex flex-wrap gap-2">
          {counts.map(({ queue, state, count }) => (
            <li key={`${queue} ${state}`}>
              <Badge asChild variant={state === 'failed' ? 'destructive' : 'secondary'} className="num">
                <Link href={toHref(PATH, { queue, state })} prefetch={false}>
                  {jobQueues[queue]}: {formatCount(count)} {state}
                </Link>
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <FilterForm path={PATH} isFiltered={isFiltered}>
        <FilterChoice
          name="queue"
          label="Queue"
          value={rest.queue}
          all="Every queue"
          options={Object.entries(jobQueues).map(([value, label]) => ({ value, label }))}
        />
        <FilterChoice
          name="state"
          label="State"
          value={rest.state}
          all="Every state"
          options={jobStates.map((value) => ({ value, label: value }))}
        />
      </FilterForm>
      <div className="overflow-hidden rounded-lg border bg-card">
        {jobs.length > 0 ? (
          <DataTable label="Jobs" columns={columns} rows={jobs} keyOf={({ queue, id }) => `${queue} ${id}`} />
        ) : (
          <Nothing>
            {isFiltered ? 'No job fits these filters.' : 'Nothing waits, and nothing was done yet.'}
          </Nothing>
        )}
      </div>
      <Pager
        label="Pages of jobs"
        firstHref={before ? toHref(PATH, rest) : null}
        nextHref={next ? toHref(PATH, { ...rest, before: next }) : null}
        note={jobs.length > 0 ? plural(jobs.length, 'job') : null}
      />
    </>
  );
}
