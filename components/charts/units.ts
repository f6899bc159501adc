import { countScale, durationScale, type Scale } from '@/components/charts/prepare';
import { formatBytes, formatCount, formatDuration } from '@/components/data/format';

/** What the numbers of a chart count: how they are written out, written short at the axis, and scaled. */
export const units = {
  count: { format: formatCount, short: formatCompact, scale: (max: number) => countScale(max) },
  /** So many a second. */
  rate: {
    format: threeDigits,
    short: threeDigits,
    scale: (max: number) => countScale(max, { whole: max >= 5 }),
  },
  bytes: { format: formatBytes, short: formatBytes, scale: (max: number) => countScale(max) },
  duration: { format: formatDuration, short: shortDuration, scale: (max: number) => durationScale(max) },
} as const satisfies Record<
  string,
  { format: (value: number) => string; short: (value: number) => string; scale: (max: number) => Scale }
>;
export type Unit = keyof typeof units;

/** The numbers of one kind, bin by bin; null where there is none. */
export type Column = {
  label: string;
  unit: Unit;
  /** "trace", "traces": how a count is said. A duration is said after its label: "p50 840 ms". */
  words?: readonly [one: string, many: string];
  values: readonly (number | null)[];
};

/** A column's number in one bin, as text: "1,204", "840 ms", "–". */
export function cellText({ unit, values }: Column, bin: number): string {
  const value = values[bin] ?? null;
  return value === null ? '–' : units[unit].format(value);
}

/** A column's number in one bin as a person would say it: "3 errors", "p50 840 ms", "no p50". */
export function spoken(column: Column, bin: number): string {
  const value = column.values[bin] ?? null;
  if (value === null) return `no ${column.label}`;
  const text = units[column.unit].format(value);
  if (!column.words) return `${column.label} ${text}`;
  return `${text} ${column.words[value === 1 ? 0 : 1]}`;
}

const letters = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** At most three digits: 950 → "950", 12,345 → "12.3k", 4,512,000 → "4.51M", 2e9 → "2B". */
export function formatCompact(value: number): string {
  // 999,600 would be written "1000k": it belongs to the next letter.
  const found = letters.find(([size]) => value >= size * 0.9995);
  if (!found || value < 1000) return formatCount(value);
  const [size, letter] = found;
  return `${threeDigits(value / size)}${letter}`;
}

function threeDigits(value: number): string {
  return value < 1000 ? String(Number(value.toPrecision(3))) : formatCount(value);
}

/** Part of a whole in percent: "2.4 %", "<0.1 %", "0 %". */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %';
  const percent = (part / whole) * 100;
  if (percent < 0.1) return '<0.1 %';
  if (percent > 99.9 && part < whole) return '>99.9 %';
  return `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`;
}

function shortDuration(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 1000) return `${threeDigits(ms)} ms`;
  if (ms < 60_000) return `${threeDigits(ms / 1000)} s`;
  if (ms < 3_600_000) return `${threeDigits(ms / 60_000)} min`;
  return `${threeDigits(ms / 3_600_000)} h`;
}
