import { type DeliveryHour, type DeliveryPeriod, deliveryPeriods, type KeyDeliveries } from './schema';

const HOUR_MS = 3_600_000;

/** The whole hours of a period that ends with the current one. `to` is the current hour's end. */
export function hoursOf(period: DeliveryPeriod, now: Date): { from: Date; to: Date } {
  const to = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS + HOUR_MS;
  return { from: new Date(to - deliveryPeriods[period].hours * HOUR_MS), to: new Date(to) };
}

/** The bars of a period in their order, those in which nothing came with zeros, and what all come to. */
export function toBins(
  found: readonly DeliveryHour[],
  period: DeliveryPeriod,
  { from, to }: { from: Date; to: Date },
): Pick<KeyDeliveries, 'total' | 'bins'> {
  const width = deliveryPeriods[period].binHours * HOUR_MS;
  const bins: KeyDeliveries['bins'] = [];
  for (let at = from.getTime(); at < to.getTime(); at += width)
    bins.push({ from: toIso(at), to: toIso(at + width), received: 0, stored: 0, updated: 0, refused: 0 });
  const total = { received: 0, stored: 0, updated: 0, refused: 0 };
  for (const row of found) {
    const bin = bins[Math.floor((Date.parse(row.hour) - from.getTime()) / width)];
    if (!bin) continue;
    for (const name of ['received', 'stored', 'updated', 'refused'] as const) {
      bin[name] += row[name];
      total[name] += row[name];
    }
  }
  return { total, bins };
}

function toIso(time: number): string {
  return new Date(time).toISOString();
}
