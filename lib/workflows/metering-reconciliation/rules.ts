import type { HourValue } from '@/lib/metering/queries';
import { type CheckName, type MetricId, metrics } from '@/lib/metering/schema';

/** A difference: what should be there, and what is. */
export type Difference = {
  check: CheckName;
  metric: MetricId;
  hour: Date;
  expected: number;
  found: number;
};

/** Where two counts of the same hours differ, oldest first. An hour that one of them does not name is 0 there. */
export function differences(
  check: CheckName,
  expected: readonly HourValue[],
  found: readonly HourValue[],
): Difference[] {
  const nameOf = ({ metric, hour }: HourValue) => `${hour.toISOString()} ${metric}`;
  const places = new Map([...expected, ...found].map((one) => [nameOf(one), one]));
  const valuesOf = (values: readonly HourValue[]) => new Map(values.map((one) => [nameOf(one), one.value]));
  const [should, is] = [valuesOf(expected), valuesOf(found)];
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { metric, hour }]) => ({
      ...{ check, metric, hour, expected: should.get(name) ?? 0, found: is.get(name) ?? 0 },
    }))
    .filter((one) => one.expected !== one.found);
}

/** A difference as a mail tells it. */
export function describe({ check, metric, hour, expected, found }: Difference, slug: string): string {
  return `${slug}, ${metrics[metric].name}, ${hour.toISOString().slice(0, 16)}Z (${check}): ${found} instead of ${expected}`;
}
