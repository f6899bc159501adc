import { formatCount, formatDuration } from '@/components/data/format';
import { Measure } from '@/components/data/measure';
import { GroundedShare } from '@/components/overview/lights';
import { ErrorShare, ModelName, ShareBar } from '@/components/overview/model-cells';
import type { Overview } from '@/lib/stats/schema';

/** Models as a list of cards, for screens too narrow for the table. */
export function ModelCards({
  models,
  total,
  range,
  basePath,
}: {
  models: Overview['models'];
  total: number;
  range: { from: string; to: string };
  basePath: string;
}) {
  return (
    <ul className="flex flex-col gap-2 md:hidden">
      {models.map((row) => (
        <li
          key={row.model ?? ''}
          className="relative rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem] active:bg-muted"
        >
          <p className="wrap-anywhere">
            <ModelName model={row.model} range={range} basePath={basePath} />
          </p>
          <div className="mt-1.5">
            <ShareBar part={row.traces} whole={total} noun="trace" />
          </div>
          <dl className="num mt-2 grid grid-cols-2 gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dt]:text-muted-foreground [&>div]:flex [&>div]:justify-between">
            <div className="col-span-2">
              <dt>Errors</dt>
              <dd>
                <ErrorShare errors={row.errors} traces={row.traces} />
              </dd>
            </div>
            <div className="col-span-2">
              <dt>Grounded</dt>
              <dd>
                <GroundedShare lights={row.lights} />
              </dd>
            </div>
            <div>
              <dt>p50</dt>
              <dd>
                <Measure value={row.p50} format={formatDuration} />
              </dd>
            </div>
            <div>
              <dt>p95</dt>
              <dd>
                <Measure value={row.p95} format={formatDuration} />
              </dd>
            </div>
            <div>
              <dt>Tokens in</dt>
              <dd>
                <Measure value={row.tokensIn || null} format={formatCount} />
              </dd>
            </div>
            <div>
              <dt>Tokens out</dt>
              <dd>
                <Measure value={row.tokensOut || null} format={formatCount} />
              </dd>
            </div>
          </dl>
        </li>
      ))}
    </ul>
  );
}
