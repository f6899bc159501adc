'use client';

import { useId } from 'react';
import { ChartFrame } from '@/components/charts/chart-frame';
import { BarSwatch, fillOf, Patterns } from '@/components/charts/looks';
import { highestStack, stackBars } from '@/components/charts/prepare';
import { units } from '@/components/charts/units';
import type { RateUsage } from '@/lib/workflows/limits/schema';

const SECONDS = 10;
/** A limit that is more than this many times as high as the highest bar would flatten the bars: it is written beside. */
const WITHIN = 4;

const looks = ['solid', 'hatched'] as const;

/** Requests a second in each stretch of 10 s, let through and refused, with the limit as a line across. */
export function RateChart({
  stretches,
  perSecond,
}: {
  stretches: RateUsage['stretches'];
  perSecond: number;
}) {
  const patterns = useId();
  const rates = (of: 'admitted' | 'limited') => stretches.map((stretch) => stretch[of] / SECONDS);
  const series = [rates('admitted'), rates('limited')];
  const highest = highestStack(series);
  const isLimitShown = highest * WITHIN >= perSecond;
  const scale = units.rate.scale(isLimitShown ? Math.max(highest, perSecond * 1.1) : highest);
  const limitAt = `${100 - (perSecond / scale.max) * 100}%`;
  const limitLabel = isLimitShown ? `Limit, ${perSecond}` : `Limit, ${perSecond}: far above`;

  return (
    <ChartFrame
      title="Requests a second"
      legend={[
        { label: limitLabel, swatch: <LimitSwatch /> },
        { label: 'Refused', swatch: <BarSwatch look="hatched" patterns={patterns} /> },
        { label: 'Let through', swatch: <BarSwatch look="solid" patterns={patterns} /> },
      ]}
      note={highest === 0 ? 'No key has asked anything in the last 15 minutes.' : undefined}
      bins={stretches.map(({ from, to }) => ({ from, to, href: null }))}
      columns={[
        { label: 'Let through', unit: 'count', values: stretches.map(({ admitted }) => admitted) },
        { label: 'Refused', unit: 'count', values: stretches.map(({ limited }) => limited) },
      ]}
      unit="rate"
      scale={scale}
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
          {...fillOf(looks[bar.series] ?? 'solid', patterns)}
        />
      ))}
      {highest > 0 && isLimitShown && (
        <line x1="0" x2="100%" y1={limitAt} y2={limitAt} {...limitStroke} data-testid="limit" />
      )}
    </ChartFrame>
  );
}

const limitStroke = { strokeWidth: '1.5', strokeDasharray: '5 3', className: 'stroke-foreground' };

function LimitSwatch() {
  return (
    <svg aria-hidden="true" className="h-2.5 w-6 shrink-0">
      <line x1="0" x2="100%" y1="50%" y2="50%" {...limitStroke} />
    </svg>
  );
}
