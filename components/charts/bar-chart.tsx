'use client';

import { useId } from 'react';
import { ChartFrame } from '@/components/charts/chart-frame';
import { BarSwatch, fillOf, type Look, Patterns } from '@/components/charts/looks';
import { type ChartBin, highestStack, stackBars } from '@/components/charts/prepare';
import type { Zone } from '@/components/charts/time-labels';
import { type Column, type Unit, units } from '@/components/charts/units';

/** One layer of the bars. */
export type BarSeries = { label: string; look: Look; values: readonly number[] };

/** Bars over time, stacked from the bottom up in the order of `stack`. `columns` are the numbers that a bar tells. */
export function BarChart({
  title,
  bins,
  stack,
  columns,
  emptyNote,
  unit = 'count',
  zone,
  leadsTo,
}: {
  title: string;
  bins: readonly ChartBin[];
  stack: readonly BarSeries[];
  columns: readonly Column[];
  /** What the plot says when every value is zero. */
  emptyNote?: string;
  unit?: Unit;
  /** Whose clock the bins are cut by, where that is not the reader's. */
  zone?: Zone;
  /** What a bar's link opens, in words; its traces unless told. */
  leadsTo?: string;
}) {
  const patterns = useId();
  const series = stack.map(({ values }) => values);
  const highest = highestStack(series);
  const scale = units[unit].scale(highest);

  return (
    <ChartFrame
      title={title}
      legend={stack.map(({ label, look }) => ({
        label,
        swatch: <BarSwatch look={look} patterns={patterns} />,
      }))}
      note={highest === 0 ? emptyNote : undefined}
      bins={bins}
      columns={columns}
      unit={unit}
      scale={scale}
      zone={zone}
      leadsTo={leadsTo}
    >
      <defs>
        <Patterns id={patterns} />
      </defs>
      {stackBars(series, scale.max).map((bar) => (
        <rect
          key={`${bar.bin} ${bar.series}`}
          x={`${bar.x}%`}
          y={`${bar.y}%`}
          width={`${bar.width}%`}
          height={`${bar.height}%`}
          {...fillOf(stack[bar.series]?.look ?? 'solid', patterns)}
        />
      ))}
    </ChartFrame>
  );
}
