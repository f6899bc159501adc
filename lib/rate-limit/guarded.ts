import { log } from '@/lib/log';
import { Deadline } from './deadline';
import type { MemoryStore } from './memory';
import type { Limit, RateLimitStore, SharedStore, Verdict } from './store';

/** After a failure the shared store is tried again this much later, then less and less often. */
const PROBE_MS = { first: 100, most: 2_000 };
/** So many probes without an answer, and the connection is taken for one that nobody answers any more. */
const PROBES_PER_CONNECTION = 5;
/** A strict limit is this much narrower while each process counts for itself. */
const STRICTER = 2;
const PROBE_KEY = 'probe store';
const PROBE_LIMIT: Limit = {
  algorithm: 'token-bucket',
  limit: 1_000,
  burst: 1_000,
  windowMs: 1_000,
  strict: false,
};

type Options = {
  /** For the log: which store it is. */
  name: string;
  /** A decision that takes longer is made here. */
  deadlineMs: number;
  /** Processes that share the limits: each has this part of them while it counts for itself. */
  instances: number;
  now?: () => number;
};

/**
 * A shared store with somebody beside it who decides when it does not answer in time. One failure is enough: from then on
 * this process counts for itself, at its part of each limit, and nobody waits. One request at a time is let go to the
 * shared store as a probe, with nobody waiting for it either, and the first that comes back in time ends the outage.
 */
export class GuardedStore {
  private readonly now: () => number;
  private readonly deadline: Deadline;
  // Counts outages, so that what was under way when one began cannot begin the next.
  private outage = 0;
  private away = false;
  private probe: Promise<void> | null = null;
  private probeAt = 0;
  private misses = 0;

  constructor(
    private readonly shared: SharedStore,
    private readonly options: Options,
  ) {
    this.now = options.now ?? (() => performance.now());
    this.deadline = new Deadline(options.deadlineMs);
  }

  /** Whether the shared store decides now. Asking lets a probe go where one is due, so that it also helps a quiet process. */
  get isInCharge(): boolean {
    if (this.away) this.maybeProbe();
    return !this.away;
  }

  /** The shared store, with `local` in its place while it is away. Never rejects. */
  beside(local: MemoryStore): RateLimitStore {
    const here = (key: string, limit: Limit) => local.take(key, shareOf(limit, this.options.instances));
    return {
      take: (key, limit) => (this.isInCharge ? this.ask(key, limit, here) : here(key, limit)),
    };
  }

  /** One decision by the shared store itself. Rejects when it cannot be had within `deadlineMs`. */
  async check(deadlineMs: number): Promise<void> {
    await new Deadline(deadlineMs).race(this.shared.take(PROBE_KEY, PROBE_LIMIT));
  }

  /** Closes the connection to the shared store. */
  close(): Promise<void> {
    return this.shared.close();
  }

  private ask(key: string, limit: Limit, here: (key: string, limit: Limit) => Verdict): Promise<Verdict> {
    const outage = this.outage;
    return this.deadline.race(this.shared.take(key, limit)).catch((error: unknown) => {
      if (outage === this.outage && !this.away) this.leave(error);
      return here(key, limit);
    });
  }

  private leave(error: unknown): void {
    this.away = true;
    this.misses = 0;
    this.probeAt = this.now() + PROBE_MS.first;
    log().warn(
      { store: this.options.name, reason: reasonOf(error) },
      'rate limits: deciding in this process',
    );
  }

  private maybeProbe(): void {
    if (this.probe || this.now() < this.probeAt) return;
    this.probe = this.check(this.options.deadlineMs)
      .then(
        () => this.comeBack(),
        () => this.missed(),
      )
      .finally(() => {
        this.probe = null;
      });
  }

  private comeBack(): void {
    this.away = false;
    this.outage += 1;
    log().warn({ store: this.options.name }, 'rate limits: the shared store decides again');
  }

  private missed(): void {
    this.misses += 1;
    this.probeAt = this.now() + Math.min(PROBE_MS.most, PROBE_MS.first * 2 ** this.misses);
    if (this.misses % PROBES_PER_CONNECTION === 0) this.shared.reconnect();
  }
}

/** A process's part of a limit while each counts for itself: never none, and of a strict limit less. */
export function shareOf(limit: Limit, instances: number): Limit {
  const parts = instances * (limit.strict ? STRICTER : 1);
  if (parts === 1) return limit;
  const part = Math.max(1, Math.floor(limit.limit / parts));
  // A limit of fewer than there are parts: one, in a window that is longer by as much.
  const windowMs = limit.limit < parts ? Math.ceil((limit.windowMs * parts) / limit.limit) : limit.windowMs;
  return { ...limit, limit: part, burst: Math.max(1, Math.floor(limit.burst / parts)), windowMs };
}

/** The kind of a failure, for the log. Messages of clients quote keys, and with them addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return code;
  const reply = /^(?:\w+Error: )?([A-Z]{3,})\b/.exec(error.message)?.[1];
  return /^no answer within/.test(error.message) ? error.message : (reply ?? error.name);
}
