'use client';

import { useState } from 'react';
import { formatCompact } from '@/components/charts/units';
import { formatCount, formatDuration } from '@/components/data/format';
import { Measure } from '@/components/data/measure';
import { GroundedShare } from '@/components/overview/lights';
import { ModelCards } from '@/components/overview/model-cards';
import { ErrorShare, ModelName, ShareBar } from '@/components/overview/model-cells';
import { Button } from '@/components/ui/button';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { Overview } from '@/lib/stats/schema';

/** Models shown before the rest is asked for. */
const MODELS_SHOWN = 10;

/** The models of a period, most used first: a table on wide screens, cards on phones. */
export function ModelsTable({ overview, basePath }: { overview: Overview; basePath: string }) {
  const [all, setAll] = useState(false);
  const { models, from, to } = overview;
  const shown = all ? models : models.slice(0, MODELS_SHOWN);
  const total = overview.totals.traces;

  return (
    <section aria-labelledby="models" className="mt-3 min-w-0">
      <h2 id="models" className="mb-2 text-sm font-semibold">
        Models
      </h2>
      <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
        <Table className="table-fixed">
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
              <TableHead>Model</TableHead>
              <TableHead className="w-36 xl:w-44">Traces</TableHead>
              <TableHead className="w-18 text-right xl:w-28">Errors</TableHead>
              <TableHead className="w-22 xl:w-28">Grounded</TableHead>
              <TableHead className="w-22 text-right xl:w-28">
                <span className="sr-only xl:not-sr-only">Latency </span>p50
              </TableHead>
              <TableHead className="w-22 text-right xl:w-28">
                <span className="sr-only xl:not-sr-only">Latency </span>p95
              </TableHead>
              <TableHead className="w-32 text-right xl:hidden">Tokens in / out</TableHead>
              <TableHead className="hidden w-28 text-right xl:table-cell">Tokens in</TableHead>
              <TableHead className="hidden w-28 text-right xl:table-cell">Tokens out</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {shown.map((row) => (
              <TableRow
                key={row.model ?? ''}
                className="relative focus-within:bg-muted/50 [&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]"
              >
                <TableCell className="truncate" title={row.model ?? undefined}>
                  <ModelName model={row.model} range={{ from, to }} basePath={basePath} />
                </TableCell>
                <TableCell>
                  <ShareBar part={row.traces} whole={total} />
                </TableCell>
                <TableCell className="num text-right">
                  <ErrorShare errors={row.errors} traces={row.traces} />
                </TableCell>
                <TableCell>
                  <GroundedShare lights={row.lights} />
                </TableCell>
                <TableCell className="text-right">
                  <Measure value={row.p50} format={formatDuration} />
                </TableCell>
                <TableCell className="text-right">
                  <Measure value={row.p95} format={formatDuration} />
                </TableCell>
                <TableCell className="text-right xl:hidden">
                  <Measure value={row.tokensIn || null} format={formatCompact} />
                  <span className="text-muted-foreground"> / </span>
                  <Measure value={row.tokensOut || null} format={formatCompact} />
                </TableCell>
                <TableCell className="hidden text-right xl:table-cell">
                  <Measure value={row.tokensIn || null} format={formatCount} />
                </TableCell>
                <TableCell className="hidden text-right xl:table-cell">
                  <Measure value={row.tokensOut || null} format={formatCount} />
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
      <ModelCards models={shown} total={total} range={{ from, to }} basePath={basePath} />
      {models.length > MODELS_SHOWN && (
        <Button
          type="button"
          variant="outline"
          size="sm"
          className="mt-2"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? `Show the first ${MODELS_SHOWN}` : `Show all ${formatCount(models.length)} models`}
        </Button>
      )}
    </section>
  );
}
