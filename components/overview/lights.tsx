import { formatCompact, formatShare } from '@/components/charts/units';
import { Measure } from '@/components/data/measure';
import type { Lights } from '@/lib/stats/schema';

/** How many traces have a light at all. */
export function judged({ green, amber, red }: Lights): number {
  return green + amber + red;
}

/** The lights that are not green, in words: "3 red, 1 amber"; "all green" where there are none. */
export function sayFaults({ red, amber }: Lights): string {
  const faults = [
    red > 0 && `${formatCompact(red)} red`,
    amber > 0 && `${formatCompact(amber)} amber`,
  ].filter(Boolean);
  return faults.join(', ') || 'all green';
}

/** The share of the judged traces that is green, as a number and a bar of the three; a dash where none is judged. */
export function GroundedShare({ lights }: { lights: Lights }) {
  const whole = judged(lights);
  if (whole === 0) return <Measure value={null} format={formatCompact} missing="not judged" />;
  const parts = [
    ['bg-traffic-green', lights.green],
    ['bg-traffic-amber', lights.amber],
    ['bg-traffic-red', lights.red],
  ] as const;
  return (
    <span className="num block" title={sayFaults(lights)}>
      {formatShare(lights.green, whole)}
      <span className="sr-only">, {sayFaults(lights)}</span>
      <span aria-hidden="true" className="mt-1 flex h-1 gap-px overflow-hidden rounded-full">
        {parts.map(([color, part]) => (
          <span key={color} className={color} style={{ flexGrow: part }} />
        ))}
      </span>
    </span>
  );
}
