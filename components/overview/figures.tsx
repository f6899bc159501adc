import Link from 'next/link';
import { formatCompact, formatShare } from '@/components/charts/units';
import { formatCount, formatDuration } from '@/components/data/format';
import { judged, sayFaults } from '@/components/overview/lights';
import { listHref } from '@/components/traces/list-href';
import { cn } from '@/components/ui/cn';
import type { Overview } from '@/lib/stats/schema';

/** From here on a number is written short, with the whole of it on hover and for screen readers. */
const SHORT_FROM = 1_000_000;

type Figure = {
  label: string;
  /** Null when no trace of the period has such a value. */
  value: string | null;
  exact?: string | undefined;
  note: string;
  /** Null when there is no trace behind the figure. */
  href: string | null;
};

/** The period in six numbers, each a link to the traces behind it: a share of grounded answers to those that are not. */
export function Figures({ overview, basePath }: { overview: Overview; basePath: string }) {
  return (
    <ul aria-label="Figures" className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      {figuresOf(overview, basePath).map((figure) => (
        <FigureCard key={figure.label} {...figure} />
      ))}
    </ul>
  );
}

function figuresOf({ totals, from, to }: Overview, basePath: string): Figure[] {
  const { traces, errors, p50, p95, tokensIn, tokensOut, lights } = totals;
  const all = listHref(basePath, { from, to });
  const whole = judged(lights);
  const worst = (['red', 'amber', 'green'] as const).find((light) => lights[light] > 0);
  const tokens = tokensIn + tokensOut;
  return [
    { label: 'Traces', ...count(traces), note: 'answers received', href: all },
    {
      label: 'Grounded',
      value: whole > 0 ? formatShare(lights.green, whole) : null,
      note: whole > 0 ? sayFaults(lights) : 'no answer judged',
      href: worst ? listHref(basePath, { light: worst, from, to }) : null,
    },
    {
      label: 'Errors',
      ...count(errors),
      note: errors > 0 ? `${formatShare(errors, traces)} of traces` : 'no answer failed',
      href: errors > 0 ? listHref(basePath, { error: 'only', from, to }) : null,
    },
    {
      label: 'Latency p50',
      value: p50 === null ? null : formatDuration(p50),
      note: p50 === null ? 'no latency sent' : 'half were faster',
      href: p50 === null ? null : all,
    },
    {
      label: 'Latency p95',
      value: p95 === null ? null : formatDuration(p95),
      note: p95 === null ? 'no latency sent' : '5 % took longer',
      href: p95 === null ? null : listHref(basePath, { from, to, min_latency_ms: Math.round(p95) }),
    },
    {
      label: 'Tokens',
      ...(tokens > 0
        ? {
            ...count(tokens),
            note: `${formatCompact(tokensIn)} in, ${formatCompact(tokensOut)} out`,
            href: all,
          }
        : { value: null, note: 'no counts sent', href: null }),
    },
  ];
}

function count(value: number): { value: string; exact?: string } {
  if (value < SHORT_FROM) return { value: formatCount(value) };
  return { value: formatCompact(value), exact: formatCount(value) };
}

function FigureCard({ label, value, exact, note, href }: Figure) {
  const body = (
    <>
      <span className="block text-xs text-muted-foreground">{label}</span>
      <span
        title={exact}
        className={cn(
          'num mt-1 block text-2xl leading-8 font-semibold tracking-tight',
          value === null && 'text-muted-foreground',
        )}
      >
        <span aria-hidden={value === null || exact !== undefined}>{value ?? '–'}</span>
        {exact && <span className="sr-only">{exact}</span>}
      </span>
      <span className="num block text-xs text-muted-foreground">{note}</span>
    </>
  );
  const look = 'block h-full rounded-lg border bg-card px-3.5 py-3';
  return (
    <li className="min-w-0">
      {href ? (
        <Link href={href} prefetch={false} className={cn(look, 'transition-colors hover:bg-accent')}>
          {body}
        </Link>
      ) : (
        <div className={look}>{body}</div>
      )}
    </li>
  );
}
