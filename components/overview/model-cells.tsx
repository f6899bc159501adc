import Link from 'next/link';
import { formatShare } from '@/components/charts/units';
import { NotSent } from '@/components/data/field-list';
import { formatCount, plural } from '@/components/data/format';
import { listHref } from '@/components/traces/list-href';

/** A model's name, stretched over its row as a link to its traces. The list can't be filtered by "no model sent". */
export function ModelName({
  model,
  range,
  basePath,
}: {
  model: string | null;
  range: { from: string; to: string };
  basePath: string;
}) {
  if (model === null) return <NotSent />;
  return (
    <Link
      href={listHref(basePath, { model, ...range })}
      prefetch={false}
      className="text-sm font-medium outline-none after:absolute after:inset-0 focus-visible:after:ring-2 focus-visible:after:ring-ring focus-visible:after:ring-inset"
    >
      {model}
    </Link>
  );
}

/** How many of the period's traces, as a number, a share and a bar. `noun` says of what, where no heading does. */
export function ShareBar({ part, whole, noun }: { part: number; whole: number; noun?: string }) {
  return (
    <span className="num block">
      <span className="flex items-baseline justify-between gap-2">
        {noun ? plural(part, noun) : formatCount(part)}
        <span className="text-xs text-muted-foreground">{formatShare(part, whole)}</span>
      </span>
      <span aria-hidden="true" className="mt-1 block h-1 overflow-hidden rounded-full bg-muted">
        <span
          className="block h-full min-w-0.5 rounded-full bg-primary"
          style={{ width: `${whole > 0 ? (part / whole) * 100 : 0}%` }}
        />
      </span>
    </span>
  );
}

/** Errors as a number and as a share of the traces. */
export function ErrorShare({ errors, traces }: { errors: number; traces: number }) {
  if (errors === 0) return <span className="text-muted-foreground">0</span>;
  return (
    <>
      {formatCount(errors)}{' '}
      <span className="text-xs text-muted-foreground md:max-xl:hidden">({formatShare(errors, traces)})</span>
    </>
  );
}
