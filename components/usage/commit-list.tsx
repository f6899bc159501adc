'use client';

import { useState } from 'react';
import { formatCount, plural } from '@/components/data/format';
import { Button } from '@/components/ui/button';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import { nameOfKey } from '@/components/usage/breakdown';
import { exactly, formatMetric } from '@/components/usage/metric-format';
import type { UsageExplanation } from '@/lib/metering/schema';

/** Commits shown before the rest is asked for. */
const SHOWN = 50;

/** The transactions that a number is the sum of, oldest first. */
export function CommitList({ explanation }: { explanation: UsageExplanation }) {
  const { metric, commits, commits_total: total, keys } = explanation;
  const [all, setAll] = useState(false);
  const shown = all ? commits : commits.slice(0, SHOWN);
  const names = new Map(keys.map(({ key_id: id, name }) => [id, nameOfKey({ id, name })]));
  return (
    <section aria-labelledby="commits" className="mt-3 min-w-0 rounded-lg border bg-card px-4 pt-3 pb-1">
      <h2 id="commits" className="text-sm font-semibold">
        Commits
      </h2>
      <p className="num mt-0.5 mb-1.5 text-xs text-muted-foreground text-pretty">
        {commits.length < total
          ? `The first ${formatCount(commits.length)} of ${plural(total, 'commit')}, oldest first.`
          : 'Each transaction that changed the number, oldest first, by the database’s clock.'}
      </p>
      <Table>
        <TableHeader>
          <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-0 [&_th]:pr-3 [&_th]:text-xs [&_th:last-child]:pr-0 [&_th]:text-muted-foreground">
            <TableHead>Time (UTC)</TableHead>
            <TableHead>Key</TableHead>
            <TableHead className="max-sm:hidden">Project</TableHead>
            <TableHead className="text-right">Added</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {shown.map((commit) => (
            <TableRow
              key={commit.id}
              className="[&_td]:px-0 [&_td]:py-1.5 [&_td]:pr-3 [&_td]:text-[0.8125rem] [&_td:last-child]:pr-0"
            >
              <TableCell className="num whitespace-nowrap" title={`${commit.at} · commit ${commit.id}`}>
                {commit.at.slice(11, 23)}
                {commit.commits > 1 && (
                  <span className="text-muted-foreground"> {plural(commit.commits, 'commit')}</span>
                )}
              </TableCell>
              <TableCell className="max-w-40 truncate">{names.get(commit.key_id) ?? '–'}</TableCell>
              <TableCell className="max-w-40 truncate max-sm:hidden">{commit.project || '–'}</TableCell>
              <TableCell className="num text-right" title={exactly(metric, commit.value)}>
                {formatMetric(metric, commit.value)}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {shown.length < commits.length && (
        <Button variant="outline" size="sm" className="my-2" onClick={() => setAll(true)}>
          Show all {formatCount(commits.length)}
        </Button>
      )}
    </section>
  );
}
