import type { DeliveryHour, KeyDeliveries } from './schema';

const HOUR_MS = 3_600_000;

/** The hours of a period in their order, those in which nothing came with zeros, and what they come to. */
export function fillHours(
  found: readonly DeliveryHour[],
  { from, to }: { from: Date; to: Date },
): Pick<KeyDeliveries, 'total' | 'hours'> {
  const byHour = new Map(found.map((row) => [Date.parse(row.hour), row]));
  const hours: KeyDeliveries['hours'] = [];
  const total = { received: 0, stored: 0, updated: 0, refused: 0 };
  for (let at = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS; at < to.getTime(); at += HOUR_MS) {
    const row = byHour.get(at);
    hours.push({
      hour: new Date(at).toISOString(),
      stored: row?.stored ?? 0,
      updated: row?.updated ?? 0,
      refused: row?.refused ?? 0,
    });
    if (!row) continue;
    for (const name of ['received', 'stored', 'updated', 'refused'] as const) total[name] += row[name];
  }
  return { total, hours };
}
