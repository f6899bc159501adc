import { AppError } from '@/lib/errors';

/** How much may wait or be written at a time, in traces and in bytes of their JSON: for one tenant, and for all. */
export type QueueLimits = {
  tenant: { traces: number; bytes: number };
  all: { traces: number; bytes: number };
  /** The most that one transaction takes. What one request brought is never divided, and may be more. */
  group: { traces: number; bytes: number };
  /** Transactions at a time. Never more than one for a tenant: the others gather behind it. */
  writers: number;
};

/** How large a request's part is: what the limits count. */
export type Weight = { traces: number; bytes: number };

type Waiting<J, R> = {
  job: J;
  weight: Weight;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
};

type Line<J, R> = {
  waiting: Waiting<J, R>[];
  held: Weight;
  busy: boolean;
  /** While those who were just answered are waited for: how many make it complete, and the end of the waiting. */
  gathering: { complete: number; timer: NodeJS.Timeout } | null;
};

/**
 * Clients that were just answered send again at once. What has come meanwhile waits for them, for up to this part of the time
 * that the last transaction took and at most so many milliseconds: half as many transactions, each of twice the size.
 */
const GATHER_SHARE = 0.25;
const GATHER_MOST_MS = 10;
/** With so many traces what a transaction costs by itself is little of the whole. */
const GATHER_UP_TO = 64;

/** Seconds after which a client may try again when there is no room. */
const RETRY_AFTER = 2;

/**
 * Group commit: what tenants send at the same time is written by one transaction each. What comes first is written at the
 * end of the loop's turn; what comes meanwhile gathers and is written next, so that an idle server adds no wait and a busy
 * one needs few transactions.
 * Tenants take turns. What there is no room for is refused at once.
 */
export class GroupCommit<J, R> {
  private readonly lines = new Map<string, Line<J, R>>();
  /** Tenants that have something to write and are not writing, in the order of their turns. */
  private readonly turns: string[] = [];
  private readonly held: Weight = { traces: 0, bytes: 0 };
  private writing = 0;
  private draining = false;
  private onEmpty: (() => void)[] = [];

  /**
   * @param write writes the jobs of one tenant; what it answers for each is handed to whoever added it, an Error as a
   *   rejection. What it throws is everybody's
   */
  constructor(
    private readonly limits: QueueLimits,
    private readonly write: (tenantId: string, jobs: readonly J[]) => Promise<readonly (R | Error)[]>,
  ) {}

  /** Waits for a job to be written. Throws AppError `unavailable` when there is no room or the server is stopping. */
  async add(tenantId: string, job: J, weight: Weight): Promise<R> {
    if (this.draining)
      throw new AppError('unavailable', 'The server is restarting. Send this again.', [], RETRY_AFTER);
    const line = this.lines.get(tenantId) ?? {
      waiting: [],
      held: { traces: 0, bytes: 0 },
      busy: false,
      gathering: null,
    };
    const { tenant, all } = this.limits;
    if (!fits(line.held, weight, tenant) || !fits(this.held, weight, all))
      throw new AppError(
        'unavailable',
        'More traces are waiting than can be stored right now. Send this again.',
        [],
        RETRY_AFTER,
      );
    this.lines.set(tenantId, line);
    add(line.held, weight);
    add(this.held, weight);
    return new Promise<R>((resolve, reject) => {
      line.waiting.push({ job, weight, resolve, reject });
      if (line.gathering) {
        if (line.waiting.length >= line.gathering.complete) this.endGathering(tenantId, line);
      } else if (!line.busy && line.waiting.length === 1) {
        this.turns.push(tenantId);
        this.begin();
      }
    });
  }

  /** What is held at the moment, for logs and tests. */
  get load(): Readonly<Weight> & { tenants: number } {
    return { ...this.held, tenants: this.lines.size };
  }

  /** Refuses what is added from now on, and waits until all that was accepted is written. */
  async drain(): Promise<void> {
    this.draining = true;
    if (this.lines.size > 0) await new Promise<void>((resolve) => this.onEmpty.push(resolve));
  }

  private begin(): void {
    while (this.writing < this.limits.writers) {
      const tenantId = this.turns.shift();
      if (tenantId === undefined) return;
      const line = this.lines.get(tenantId);
      if (line) void this.writeNext(tenantId, line);
    }
  }

  private async writeNext(tenantId: string, line: Line<J, R>): Promise<void> {
    line.busy = true;
    this.writing += 1;
    // What has arrived already is read in this turn of the loop: without it the first of many would be written alone.
    await new Promise((resolve) => setImmediate(resolve));
    const group = this.take(line);
    const began = performance.now();
    try {
      const results = await this.write(
        tenantId,
        group.map(({ job }) => job),
      );
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index];
        if (result instanceof Error || result === undefined)
          reject(result ?? new Error('the writer answered nothing for a job'));
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    for (const { weight } of group) {
      subtract(line.held, weight);
      subtract(this.held, weight);
    }
    this.writing -= 1;
    line.busy = false;
    if (line.waiting.length > 0) this.gather(tenantId, line, group.length, performance.now() - began);
    else this.lines.delete(tenantId);
    this.begin();
    if (this.lines.size === 0) for (const resolve of this.onEmpty.splice(0)) resolve();
  }

  /** Lets a line go on once those who were answered have come again, or have had the time to. */
  private gather(tenantId: string, line: Line<J, R>, answered: number, tookMs: number): void {
    const complete = line.waiting.length + answered;
    const most = Math.min(GATHER_MOST_MS, GATHER_SHARE * tookMs);
    if (this.draining || line.held.traces >= GATHER_UP_TO || most < 1) return void this.turns.push(tenantId);
    line.gathering = { complete, timer: setTimeout(() => this.endGathering(tenantId, line), most) };
  }

  private endGathering(tenantId: string, line: Line<J, R>): void {
    clearTimeout(line.gathering?.timer);
    line.gathering = null;
    this.turns.push(tenantId);
    this.begin();
  }

  /** The oldest of a line, as many as one transaction takes. */
  private take(line: Line<J, R>): Waiting<J, R>[] {
    const sum: Weight = { traces: 0, bytes: 0 };
    let count = 0;
    for (const { weight } of line.waiting) {
      if (count > 0 && !fits(sum, weight, this.limits.group)) break;
      add(sum, weight);
      count += 1;
    }
    return line.waiting.splice(0, count);
  }
}

function fits(held: Weight, more: Weight, limit: Weight): boolean {
  return held.traces + more.traces <= limit.traces && held.bytes + more.bytes <= limit.bytes;
}

function add(to: Weight, more: Weight): void {
  to.traces += more.traces;
  to.bytes += more.bytes;
}

function subtract(from: Weight, less: Weight): void {
  from.traces -= less.traces;
  from.bytes -= less.bytes;
}
