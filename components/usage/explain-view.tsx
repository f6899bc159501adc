import { ArrowLeftIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { formatRange } from '@/components/charts/time-labels';
import { formatCount, plural } from '@/components/data/format';
import { traceHref } from '@/components/traces/list-href';
import { nameOfKey, Parts } from '@/components/usage/breakdown';
import { CommitList } from '@/components/usage/commit-list';
import { exactly, formatMetric, utcMoment } from '@/components/usage/metric-format';
import { usageHref } from '@/components/usage/usage-href';
import { metrics, type UsageExplanation } from '@/lib/metering/schema';

/** What an hour's number is made of: keys, projects, commits, people, sample traces, and what was reported of it. */
export function ExplainView({
  explanation,
  tracesPath,
}: {
  explanation: UsageExplanation;
  tracesPath: string;
}) {
  const { metric, hour, value, keys, projects, members, sample_trace_ids: traces, revisions } = explanation;
  const end = new Date(Date.parse(hour) + 3_600_000).toISOString();
  const range = formatRange({ from: hour, to: end }, 'utc', { weekday: true, thisYear: 0 });
  return (
    <>
      <Link
        href={usageHref({ metric, period: hour, day: hour.slice(0, 10) }, '#hours')}
        className="inline-flex items-center gap-1.5 text-sm text-muted-foreground hover:text-foreground"
      >
        <ArrowLeftIcon aria-hidden="true" className="size-4" />
        Usage
      </Link>
      <h1 className="mt-2 text-xl font-semibold tracking-tight">{metrics[metric].name} of one hour</h1>
      <p className="num mt-0.5 text-sm text-muted-foreground">{range} UTC</p>
      <dl className="mt-4 grid gap-3 sm:grid-cols-3">
        <Figure
          label={metrics[metric].name}
          value={formatMetric(metric, value)}
          exact={exactly(metric, value)}
        >
          {metrics[metric].description}
        </Figure>
        <Figure label="On record" value={recordOf(explanation)}>
          {explanation.is_open
            ? 'The hour is open: it is counted live until five minutes after its end.'
            : explanation.revision > 1
              ? `Counted ${formatCount(explanation.revision)} times: something committed after the hour was closed.`
              : 'Counted once, when the hour was closed.'}
        </Figure>
        <Figure
          label={explanation.before === null ? 'Made of' : 'When the hour began'}
          value={originOf(explanation)}
        >
          {metrics[metric].billed === 'usage'
            ? 'Each is a transaction that stored something.'
            : metrics[metric].billed === 'quantity'
              ? 'Billed by the seats of the subscription.'
              : 'Shown, and not billed.'}
        </Figure>
      </dl>
      {keys.length > 0 && (
        <div className="mt-3 grid items-start gap-3 xl:grid-cols-2">
          <Parts
            title="By key"
            metric={metric}
            of={wholeOf(keys.map(({ key_id: id, name, value: part }) => ({ id, name, value: part })))}
            nameOf={nameOfKey}
          />
          <Parts
            title="By project"
            metric={metric}
            of={wholeOf(
              projects.map(({ project, value: part }) => ({ id: project, name: project, value: part })),
            )}
            nameOf={({ name }) => name || 'no project'}
          />
        </div>
      )}
      {traces.length > 0 && (
        <Section title="Traces of this hour" note={`${plural(traces.length, 'example')}, the newest first.`}>
          <ul className="grid gap-x-6 gap-y-1 text-[0.8125rem] sm:grid-cols-2">
            {traces.map((id) => (
              <li key={id} className="min-w-0 truncate font-mono">
                <Link
                  href={traceHref(tracesPath, id)}
                  className="text-primary underline-offset-4 hover:underline"
                  title={id}
                >
                  {id}
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {explanation.commits.length > 0 && <CommitList explanation={explanation} />}
      {members.length > 0 && (
        <Section title="Who was a member" note="Within the hour, by when they came.">
          <ul className="num flex flex-col gap-1 text-[0.8125rem]">
            {members.map((member) => (
              <li key={`${member.user_id} ${member.from}`} className="flex flex-wrap justify-between gap-x-4">
                <span className="font-mono">{member.user_id}</span>
                <span className="text-muted-foreground">
                  since {utcMoment(member.from)}
                  {member.to && ` until ${utcMoment(member.to)}`}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {revisions.length > 0 && (
        <Section title="What was reported" note="To the payment provider, each once under its identifier.">
          <ul className="num flex flex-col gap-2 text-[0.8125rem]">
            {revisions.map((one) => (
              <li key={one.identifier} className="flex flex-wrap justify-between gap-x-4">
                <span className="font-mono break-all">{one.identifier}</span>
                <span>
                  {one.delta > 0 && '+'}
                  {formatCount(one.delta)}
                  <span className="ml-2 text-muted-foreground">
                    {one.delivered_at ? `told ${utcMoment(one.delivered_at)}` : 'not told yet'}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function recordOf({ metric, recorded }: UsageExplanation): string {
  return recorded === null ? 'not yet' : formatMetric(metric, recorded);
}

function originOf({ metric, before, commits_total: commits }: UsageExplanation): string {
  return before === null ? plural(commits, 'commit') : formatMetric(metric, before);
}

function wholeOf(parts: { id: string | null; name: string | null; value: number }[]) {
  return { parts, others: 0, total: parts.reduce((sum, { value }) => sum + value, 0) };
}

function Figure({
  label,
  value,
  exact,
  children,
}: {
  label: string;
  value: string;
  exact?: string;
  children: ReactNode;
}) {
  return (
    <div className="rounded-lg border bg-card px-4 py-3">
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd title={exact} className="num mt-0.5 text-lg font-semibold tracking-tight">
        {value}
      </dd>
      <dd className="mt-0.5 text-xs text-muted-foreground text-pretty">{children}</dd>
    </div>
  );
}

/** A titled box of the page. */
export function Section({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="mt-3 min-w-0 rounded-lg border bg-card px-4 py-3">
      <h2 className="text-sm font-semibold">{title}</h2>
      <p className="mt-0.5 mb-2.5 text-xs text-muted-foreground text-pretty">{note}</p>
      {children}
    </section>
  );
}
