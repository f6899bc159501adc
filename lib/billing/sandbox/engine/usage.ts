import { type Box, find } from '../box';

/** What a meter has counted of a customer from `start` up to, but not including, `end`. Never below nothing. */
export function usageBetween(
  box: Box,
  meterId: string,
  customer: string,
  start: number,
  end: number,
  receivedBefore = Number.POSITIVE_INFINITY,
): number {
  const formula = find(box, 'meters', meterId).default_aggregation.formula;
  const events = box.store.where(
    'meter_events',
    (row) =>
      row.meter === meterId &&
      row.customer === customer &&
      row.timestamp >= start &&
      row.timestamp < end &&
      row.received <= receivedBefore,
  );
  if (formula === 'count') return events.length;
  if (formula === 'last')
    return Math.max(
      0,
      events.reduce((last, row) => (row.timestamp >= last.timestamp ? row : last), { timestamp: 0, value: 0 })
        .value,
    );
  return Math.max(
    0,
    events.reduce((sum, { value }) => sum + value, 0),
  );
}
