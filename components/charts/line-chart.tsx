'use client';

import { ChartFrame } from '@/components/charts/chart-frame';
import { type LineLook, LineMark, LineSwatch } from '@/components/charts/looks';
import { type ChartBin, traceLine } from '@/components/charts/prepare';
import { type Column, type Unit, units } from '@/components/charts/units';

/** Lines over time with a mark at each value, broken where there is none. */
export function LineChart({
  title,
  bins,
  lines,
  unit,
  emptyNote,
}: {
  title: string;
  bins: readonly ChartBin[];
  lines: readonly (Column & { look: LineLook })[];
  unit: Unit;
  /** What the plot says when there is no value at all. */
  emptyNote?: string;
}) {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const scale = units[unit].scale(Math.max(0, ...values));
  const drawn = lines.map(({ label, look, values: own }) => ({ label, look, ...traceLine(own, scale.max) }));

  return (
    <ChartFrame
      title={title}
      legend={lines.map(({ label, look }) => ({ label, swatch: <LineSwatch look={look} /> }))}
      note={values.length === 0 ? emptyNote : undefined}
      bins={bins}
      columns={lines}
      unit={unit}
      scale={scale}
    >
      {/* A path knows no percent: it is drawn on a square that is stretched over the plot. */}
      <svg
        aria-hidden="true"
        width="100%"
        height="100%"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        className="overflow-visible"
      >
        {drawn.map(({ label, look, path }) => (
          <path
            key={label}
            d={path}
            fill="none"
            strokeWidth="1.75"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
            className="stroke-primary"
            {...(look === 'dashed' && { strokeDasharray: '4 3' })}
          />
        ))}
      </svg>
      {drawn.map(({ label, look, points }) =>
        points.map(({ bin, x, y }) => <LineMark key={`${label} ${bin}`} look={look} x={x} y={y} />),
      )}
    </ChartFrame>
  );
}
