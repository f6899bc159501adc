import { cn } from '@/components/ui/cn';

/**
 * How a series is drawn. Each differs from the others in lightness, pattern or mark, not in its hue alone. `hatched` is red;
 * `dotted` amber and `green` are for what has a traffic light.
 */
export type Look = 'solid' | 'soft' | 'hatched' | 'dotted' | 'green';

// Mixed, not translucent: the lines behind the bars would show through.
const SOFT = 'fill-[color-mix(in_oklab,var(--primary)_60%,var(--card))]';

/** The patterns that `hatched` and `dotted` fills refer to by `id`. */
export function Patterns({ id }: { id: string }) {
  return (
    <>
      <pattern
        id={`${id}-hatched`}
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect width="5" height="5" className="fill-traffic-red-soft" />
        <rect width="2.5" height="5" className="fill-traffic-red" />
      </pattern>
      <pattern id={`${id}-dotted`} width="5" height="5" patternUnits="userSpaceOnUse">
        <rect width="5" height="5" className="fill-traffic-amber-soft" />
        <circle cx="2.5" cy="2.5" r="1.5" className="fill-traffic-amber" />
      </pattern>
    </>
  );
}

const plain = { solid: 'fill-primary', soft: SOFT, green: 'fill-traffic-green' } as const;

/** The class and fill of a bar of that look; `patterns` is the id of the `Patterns` in the same document. */
export function fillOf(look: Look, patterns: string): { className?: string; fill?: string } {
  if (look === 'hatched' || look === 'dotted') return { fill: `url(#${patterns}-${look})` };
  return { className: plain[look] };
}

/** A small square in a legend, filled as the bars are. */
export function BarSwatch({ look, patterns }: { look: Look; patterns: string }) {
  const { className, fill } = fillOf(look, patterns);
  return (
    <svg aria-hidden="true" className="size-2.5 shrink-0">
      <rect width="100%" height="100%" rx="1.5" className={cn(className)} {...(fill && { fill })} />
    </svg>
  );
}

/** How a line is drawn: `full` with round marks, `dashed` with square ones. */
export type LineLook = 'full' | 'dashed';

/** A short piece of a line with its mark, for the legend. */
export function LineSwatch({ look }: { look: LineLook }) {
  return (
    <svg aria-hidden="true" className="h-2.5 w-6 shrink-0">
      <line
        x1="0"
        x2="100%"
        y1="50%"
        y2="50%"
        strokeWidth="1.75"
        className="stroke-primary"
        {...(look === 'dashed' && { strokeDasharray: '4 3' })}
      />
      <LineMark look={look} x={50} y={50} />
    </svg>
  );
}

/** The mark of one value on a line, at a place given in percent. */
export function LineMark({ look, x, y }: { look: LineLook; x: number; y: number }) {
  if (look === 'full') return <circle cx={`${x}%`} cy={`${y}%`} r="3" className="fill-primary" />;
  return (
    <rect
      x={`${x}%`}
      y={`${y}%`}
      width="6"
      height="6"
      transform="translate(-3 -3)"
      strokeWidth="1.5"
      className="fill-card stroke-primary"
    />
  );
}
