import { z } from 'zod';

const count = z.number().int().min(1).max(1_000).default(1);
/** The beginning of the path that it concerns, such as `/v1/subscriptions`; all of them without. */
const path = z.string().default('/v1/');

/** What can be made to go wrong, for tests. Each holds for the next `count` occasions. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** The next payments decline, whatever the card. */
  z.strictObject({ kind: z.literal('decline'), count, code: z.string().default('generic_decline') }),
  /** The next requests are refused before anything is done. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.union([z.literal(429), z.literal(500), z.literal(503)]),
    count,
    path,
  }),
  /** The next requests wait. */
  z.strictObject({ kind: z.literal('latency'), ms: z.number().int().min(1).max(120_000), count, path }),
  /** The next requests are carried out, and their answers lost. */
  z.strictObject({ kind: z.literal('drop_reply'), count, path }),
  /** The next events reach no endpoint, reach it twice, reach it late, or let later ones go first. */
  z.strictObject({
    kind: z.literal('webhook'),
    effect: z.enum(['drop', 'duplicate', 'delay', 'reorder']),
    ms: z.number().int().min(1).max(3_600_000).default(1_000),
    count,
    /** The type of event that it concerns; all of them without. */
    type: z.string().optional(),
  }),
  /** Summaries of meters leave out what came in the last so many milliseconds, until the faults are cleared. */
  z.strictObject({ kind: z.literal('summary_lag'), ms: z.number().int().min(1).max(3_600_000) }),
]);

export type Fault = z.infer<typeof faultSchema>;
type Kind = Fault['kind'];

/** The faults that are waiting for their occasion. They live as long as the process. */
export class Faults {
  private waiting: Fault[] = [];

  add(fault: Fault): void {
    if (this.waiting.length >= 1_000) throw new RangeError('Too many faults are waiting');
    this.waiting.push(fault);
  }

  list(): readonly Fault[] {
    return this.waiting;
  }

  clear(): void {
    this.waiting = [];
  }

  /** Uses up one occasion of the first fault of this kind that matches. */
  take<K extends Kind>(
    kind: K,
    matches: (fault: Extract<Fault, { kind: K }>) => boolean = () => true,
  ): Extract<Fault, { kind: K }> | undefined {
    const index = this.waiting.findIndex((fault) => fault.kind === kind && matches(fault as never));
    const fault = this.waiting[index] as Extract<Fault, { kind: K }> | undefined;
    if (!fault) return undefined;
    const left = 'count' in fault ? fault.count - 1 : 0;
    if (left > 0) this.waiting[index] = { ...fault, count: left } as Fault;
    else this.waiting.splice(index, 1);
    return fault;
  }

  /** How far summaries lag, in milliseconds. */
  get summaryLag(): number {
    return Math.max(0, ...this.waiting.map((fault) => (fault.kind === 'summary_lag' ? fault.ms : 0)));
  }
}
