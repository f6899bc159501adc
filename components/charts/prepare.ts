/** One bar's place on the time axis. `href` leads to the traces behind it; null where there are none. */
export type ChartBin = { from: string; to: string; href: string | null };

/** A rectangle in percent of the plot; `y` counts from the top. */
export type Rect = { series: number; bin: number; x: number; y: number; width: number; height: number };

/** Where an axis ends, and the values at which it is labelled. */
export type Scale = { max: number; ticks: number[] };

/** A bar that is not zero stays visible beside a spike: about two pixels of the plot's height. */
const LEAST_HEIGHT = 1.25;
/** The share of a bin's width that its bar fills. */
const BAR_WIDTH = 0.76;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Steps that clocks know, for durations above a minute, in milliseconds. */
const clockSteps = [
  15_000,
  30_000,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
];
const MOST_STEPS = 5;

/** Ticks at round numbers, from 0 to at least `max`: whole ones only, when `whole`. */
export function countScale(max: number, { whole = true } = {}): Scale {
  if (!(max > 0)) return { max: 1, ticks: [0, 1] };
  const power = 10 ** Math.floor(Math.log10(max));
  const steps = [0.1, 0.2, 0.25, 0.5, 1, 2].map((factor) => exact(factor * power));
  return bestScale(max, whole ? steps.filter(Number.isInteger) : steps);
}

/** Ticks for milliseconds: round numbers up to a minute, round parts of minutes and hours above. */
export function durationScale(max: number): Scale {
  const longest = clockSteps.at(-1) ?? 0;
  const onClock = max > MINUTE && max <= longest * MOST_STEPS;
  return onClock ? bestScale(max, clockSteps) : countScale(max, { whole: false });
}

/** Of the steps that need two to five ticks, the one that leaves least room above `max`; then the one nearest to four. */
function bestScale(max: number, steps: readonly number[]): Scale {
  const choices = steps
    .map((step) => ({ step, count: Math.max(1, Math.ceil(max / step - 1e-9)) }))
    .filter(({ count }) => count <= MOST_STEPS)
    .sort((a, b) => a.step * a.count - b.step * b.count || Math.abs(a.count - 4) - Math.abs(b.count - 4));
  const { step, count } = choices[0] ?? { step: max, count: 1 };
  const ticks = Array.from({ length: count + 1 }, (_, index) => exact(index * step));
  return { max: exact(count * step), ticks };
}

/** 0.1 × 3 is 0.3, not 0.30000000000000004. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

/** The highest stack of the series, bin by bin. */
export function highestStack(series: readonly (readonly number[])[]): number {
  const bins = series[0]?.length ?? 0;
  let highest = 0;
  for (let bin = 0; bin < bins; bin++)
    highest = Math.max(
      highest,
      series.reduce((sum, values) => sum + (values[bin] ?? 0), 0),
    );
  return highest;
}

/** Bars stacked from the bottom up, the first series lowest. What is zero gets no rectangle. */
export function stackBars(series: readonly (readonly number[])[], max: number): Rect[] {
  const bins = series[0]?.length ?? 0;
  const slot = 100 / bins;
  return Array.from({ length: bins }, (_, bin) => {
    const heights = fitted(
      series.map((values) => {
        const value = values[bin] ?? 0;
        return value > 0 ? Math.max(LEAST_HEIGHT, (value / max) * 100) : 0;
      }),
    );
    let top = 100;
    return heights.flatMap((height, index) => {
      if (height === 0) return [];
      top -= height;
      const x = bin * slot + (slot * (1 - BAR_WIDTH)) / 2;
      return [{ series: index, bin, x, y: top, width: slot * BAR_WIDTH, height }];
    });
  }).flat();
}

/** A stack whose small parts were raised may stand out above the plot: the largest part gives way. */
function fitted(heights: number[]): number[] {
  const over = heights.reduce((sum, height) => sum + height, 0) - 100;
  if (over <= 0) return heights;
  const largest = heights.indexOf(Math.max(...heights));
  return heights.map((height, index) => (index === largest ? height - over : height));
}

/** The middle of a bin, in percent of the plot's width. */
export function binMiddle(bin: number, bins: number): number {
  return ((bin + 0.5) / bins) * 100;
}

/** A line through the values in percent of the plot: the points, and an SVG path that is broken where a value is null. */
export function traceLine(
  values: readonly (number | null)[],
  max: number,
): { points: { bin: number; x: number; y: number }[]; path: string } {
  const points: { bin: number; x: number; y: number }[] = [];
  let path = '';
  let previous = -2;
  for (const [bin, value] of values.entries()) {
    if (value === null) continue;
    const point = { bin, x: binMiddle(bin, values.length), y: 100 - (value / max) * 100 };
    points.push(point);
    path += `${previous === bin - 1 ? 'L' : 'M'}${round(point.x)} ${round(point.y)}`;
    previous = bin;
  }
  return { points, path };
}

function round(value: number): number {
  return Number(value.toFixed(3));
}

/** At most `most` of the candidates, evenly thinned, the first one kept. */
export function thinned<T>(candidates: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(candidates.length / most));
  return candidates.filter((_, index) => index % step === 0);
}

/** From `from`, the next bin with a link in the given direction; `from` itself when there is none. */
export function nextLinked(bins: readonly ChartBin[], from: number, direction: 1 | -1): number {
  for (let bin = from + direction; bin >= 0 && bin < bins.length; bin += direction)
    if (bins[bin]?.href) return bin;
  return from;
}
