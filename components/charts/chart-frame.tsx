'use client';

import { type CSSProperties, type ReactNode, useState } from 'react';
import { ChartSlots } from '@/components/charts/chart-slots';
import { ChartTable } from '@/components/charts/chart-table';
import { binMiddle, type ChartBin, type Scale } from '@/components/charts/prepare';
import { axisLabels, formatRange, type Zone, zoneName } from '@/components/charts/time-labels';
import { type Column, cellText, spoken, type Unit, units } from '@/components/charts/units';
import { useZone } from '@/components/charts/use-zone';
import { cn } from '@/components/ui/cn';

/** Labels that fit under a plot; the phone's are a part of the others. */
const MOST_LABELS = { wide: 8, narrow: 4 };

/**
 * What every chart has around its drawing: title, legend, axes, a link for each bin, what a bin says when it is pointed
 * at or focused, and the same numbers as a table for those who do not see the drawing. `children` are SVG, placed in
 * percent of the plot.
 */
export function ChartFrame({
  title,
  legend,
  note,
  bins,
  columns,
  unit,
  scale,
  zone: fixed,
  leadsTo = 'its traces',
  children,
}: {
  title: string;
  legend: { label: string; swatch: ReactNode }[];
  /** Stands in the plot's middle, for a chart that has nothing to draw. */
  note?: string | undefined;
  bins: readonly ChartBin[];
  columns: readonly Column[];
  unit: Unit;
  scale: Scale;
  /** Whose clock the bins are cut by, where that is not the reader's. */
  zone?: Zone | undefined;
  /** What a bin's link opens, in words. */
  leadsTo?: string | undefined;
  children: ReactNode;
}) {
  const own = useZone();
  const zone = fixed ?? own;
  const [active, setActive] = useState<number | null>(null);
  const ticks = note ? [0] : scale.ticks;
  const named = (bin: ChartBin) => (fixed ? ` ${zoneName(bin.from, fixed)}` : '');
  const ranges = bins.map((bin) => `${formatRange(bin, zone, { weekday: true })}${named(bin)}`);
  const names = ranges.map((range, bin) => `${range}: ${columns.map((c) => spoken(c, bin)).join(', ')}`);

  return (
    <figure className="min-w-0 rounded-lg border bg-card px-4 pt-3 pb-3">
      <figcaption className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 className="text-sm font-semibold">{title}</h2>
        <ul aria-label="Legend" className="flex flex-wrap gap-x-3.5 text-xs text-muted-foreground">
          {legend.map(({ label, swatch }) => (
            <li key={label} className="flex items-center gap-1.5">
              {swatch}
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div className="@container mt-4 flex">
        <div
          aria-hidden="true"
          className="num relative h-40 w-12 shrink-0 text-[0.6875rem] text-muted-foreground"
        >
          {ticks.map((tick) => (
            <span
              key={tick}
              className="absolute right-2 translate-y-1/2 leading-none whitespace-nowrap"
              style={{ bottom: `${(tick / scale.max) * 100}%` }}
            >
              {units[unit].short(tick)}
            </span>
          ))}
        </div>
        <div className="min-w-0 flex-1">
          <div className="group/plot relative h-40">
            <svg aria-hidden="true" className="absolute inset-0 size-full overflow-visible">
              {ticks.map((tick) => (
                <line
                  key={tick}
                  x1="0"
                  x2="100%"
                  y1={`${100 - (tick / scale.max) * 100}%`}
                  y2={`${100 - (tick / scale.max) * 100}%`}
                  className={tick === 0 ? 'stroke-input' : 'stroke-border'}
                />
              ))}
              {children}
            </svg>
            {note && (
              <p className="absolute inset-0 flex items-center justify-center px-4 text-center text-sm text-muted-foreground">
                {note}
              </p>
            )}
            <ChartSlots label={title} bins={bins} names={names} active={active} onActive={setActive} />
            {active !== null && (
              <Tooltip
                at={binMiddle(active, bins.length)}
                title={ranges[active] ?? ''}
                rows={columns.map((column) => ({ label: column.label, text: cellText(column, active) }))}
                leadsTo={leadsTo}
              />
            )}
          </div>
          <div aria-hidden="true" className="num relative mt-2 h-4 text-[0.6875rem] text-muted-foreground">
            {axisLabels(bins, zone, MOST_LABELS).map(({ bin, text, narrow }) => (
              <span
                key={bin}
                className={cn('absolute leading-none whitespace-nowrap', !narrow && 'hidden @md:inline')}
                style={labelPlace(binMiddle(bin, bins.length))}
              >
                {text}
              </span>
            ))}
          </div>
        </div>
      </div>
      <ChartTable caption={title} bins={bins} ranges={ranges} columns={columns} />
    </figure>
  );
}

// Under its bar's middle, except at the right edge, beyond which it would stand.
function labelPlace(at: number): CSSProperties {
  return at > 97 ? { right: 0 } : { left: `${at}%`, transform: 'translateX(-50%)' };
}

// Shifted by as much of its own width as it stands to the right: it never leaves the plot.
function Tooltip({
  at,
  title,
  rows,
  leadsTo,
}: {
  at: number;
  title: string;
  rows: { label: string; text: string }[];
  leadsTo: string;
}) {
  return (
    <div
      aria-hidden="true"
      className="num pointer-events-none absolute bottom-full z-10 mb-1.5 w-max max-w-full rounded-md border bg-popover px-2.5 py-1.5 text-xs text-popover-foreground shadow-md"
      style={{ left: `${at}%`, transform: `translateX(-${at}%)` }}
    >
      <p className="font-medium">{title}</p>
      {rows.map(({ label, text }) => (
        <p key={label} className="flex justify-between gap-4">
          <span className="text-muted-foreground">{label}</span>
          {text}
        </p>
      ))}
      <p className="mt-1 hidden border-t pt-1 text-muted-foreground group-has-[a:focus-visible]/plot:block">
        ← → other bars, Enter {leadsTo}
      </p>
    </div>
  );
}
