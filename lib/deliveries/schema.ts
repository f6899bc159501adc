import { z } from 'zod';
import { momentSchema } from '@/lib/moments';

/** The last refusals that are kept, and shown, of each key. */
export const REFUSALS_SHOWN = 20;
const HOUR_MS = 3_600_000;
/** As far as the ledger goes back. */
const MAX_DAYS = 90;

/** What became of the traces that a key sent within an hour: `received = stored + updated + refused`. */
export const deliveryHour = z.object({
  key_id: z.uuid(),
  hour: z.iso.datetime().describe('When the hour begins, UTC.'),
  received: z.number().int(),
  stored: z.number().int().describe('First stored.'),
  updated: z.number().int().describe('Known before, and changed.'),
  refused: z.number().int(),
});
export type DeliveryHour = z.infer<typeof deliveryHour>;

/** A trace that was refused, or a whole request. */
export const deliveryRefusal = z.object({
  key_id: z.uuid(),
  at: z.iso.datetime(),
  request_id: z.string().describe('As in the header `x-request-id` of the answer.'),
  trace_id: z.string().nullable().describe('Null where a whole request could not be read.'),
  code: z.string().describe('The code of the error.'),
  issues: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type DeliveryRefusal = z.infer<typeof deliveryRefusal>;

/** The query of `GET /api/v1/deliveries`: whole hours, the last day unless told. */
export const deliveryQuery = z
  .object({
    from: momentSchema
      .optional()
      .describe('From the hour that holds this time; 24 hours before `to` unless told.'),
    to: momentSchema.optional().describe('Before this time; now unless told.'),
    key: z.uuid('expected the id of a key').optional().describe('Of this key alone.'),
  })
  .transform(({ from, to, key }) => {
    const end = to ? new Date(to) : new Date();
    const begin = from ? new Date(from) : new Date(end.getTime() - 24 * HOUR_MS);
    return { from: new Date(Math.floor(begin.getTime() / HOUR_MS) * HOUR_MS), to: end, key };
  })
  .refine(({ from, to }) => from < to, { path: ['from'], message: 'expected a time before `to`' })
  .refine(({ from, to }) => to.getTime() - from.getTime() <= (MAX_DAYS + 1) * 24 * HOUR_MS, {
    path: ['from'],
    message: `expected at most ${MAX_DAYS} days`,
  });
export type DeliveryQuery = z.output<typeof deliveryQuery>;

/** The answer of `GET /api/v1/deliveries`. */
export const deliveryReport = z.object({
  deliveries: z
    .array(deliveryHour)
    .describe('By hour and key, oldest first. Hours in which nothing came are left out.'),
  refusals: z.array(deliveryRefusal).describe(`The last ${REFUSALS_SHOWN} of each key, newest first.`),
});

/** The periods that the console's page offers, with their length and the width of one bar, in hours. */
export const deliveryPeriods = {
  '24h': { label: '24 hours', hours: 24, binHours: 1 },
  '7d': { label: '7 days', hours: 168, binHours: 6 },
} as const;
export type DeliveryPeriod = keyof typeof deliveryPeriods;
export const deliveryPeriodNames = Object.keys(deliveryPeriods) as DeliveryPeriod[];

/** What the page reads from the address bar; anything unknown is the default. */
export const deliveryFilterSchema = z.object({
  period: z.enum(Object.keys(deliveryPeriods) as [DeliveryPeriod, ...DeliveryPeriod[]]).catch('24h'),
});

type Counts = { received: number; stored: number; updated: number; refused: number };

/** A key as the console's page of deliveries shows it. Times are ISO 8601 in UTC. */
export type KeyDeliveries = {
  keyId: string;
  /** Null for a key that is not in the list of keys. */
  name: string | null;
  isAlive: boolean;
  total: Counts;
  bins: (Counts & { from: string; to: string })[];
  refusals: (DeliveryRefusal & { id: string })[];
};
