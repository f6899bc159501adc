import { describe, expect, test } from 'vitest';
import { hoursOf, toBins } from '@/lib/deliveries/rules';
import { deliveryQuery } from '@/lib/deliveries/schema';

const now = new Date('2026-11-20T12:34:56Z');
const row = (hour: string, stored: number, refused = 0) => ({
  key_id: '5f6874a0-9eb8-4730-a7fd-32fd801c575e',
  ...{ hour, received: stored + refused + 1, stored, updated: 1, refused },
});

describe('the hours of a period', () => {
  test('end with the current one', () => {
    expect(hoursOf('24h', now)).toEqual({
      from: new Date('2026-11-19T13:00:00Z'),
      to: new Date('2026-11-20T13:00:00Z'),
    });
  });

  test('are bars, with zeros where nothing came, and add up', () => {
    const { bins, total } = toBins(
      [row('2026-11-19T13:00:00.000Z', 2), row('2026-11-20T12:00:00.000Z', 5, 3)],
      '24h',
      hoursOf('24h', now),
    );
    expect(bins).toHaveLength(24);
    expect(bins[0]).toMatchObject({ from: '2026-11-19T13:00:00.000Z', received: 3, stored: 2 });
    expect(bins[1]).toMatchObject({ received: 0, stored: 0, updated: 0, refused: 0 });
    expect(bins[23]).toMatchObject({ to: '2026-11-20T13:00:00.000Z', stored: 5, refused: 3 });
    expect(total).toEqual({ received: 12, stored: 7, updated: 2, refused: 3 });
  });

  test('share a bar in a longer period, and what is outside is left out', () => {
    const { bins, total } = toBins(
      [
        row('2026-11-20T11:00:00.000Z', 1),
        row('2026-11-20T12:00:00.000Z', 1),
        row('2026-11-01T00:00:00.000Z', 9),
      ],
      '7d',
      hoursOf('7d', now),
    );
    expect(bins).toHaveLength(28);
    expect(bins[27]).toMatchObject({ stored: 2 });
    expect(total.stored).toBe(2);
  });
});

describe('the query of GET /api/v1/deliveries', () => {
  test('begins with a whole hour, a day before its end unless told', () => {
    const { from, to } = deliveryQuery.parse({ to: '2026-11-20T12:34:56+01:00' });
    expect([from, to]).toEqual([new Date('2026-11-19T11:00:00Z'), new Date('2026-11-20T11:34:56Z')]);
  });
});
