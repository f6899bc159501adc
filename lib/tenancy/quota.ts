import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { logError } from '@/lib/log';
import { CHANGE_CHANNEL, followChanges } from './live-cache';

/**
 * Whether a tenant may store traces that are new. `refusal` says why not, in a sentence for whoever sends them; null where it
 * may. It holds until its period ends, `until`.
 */
export type QuotaVerdict = { refusal: string | null; until: Date };

type Judge = (tenantId: string) => Promise<QuotaVerdict>;
type Entry = {
  verdict: QuotaVerdict | null;
  /** When the newest judgement was begun, in milliseconds. */
  judgedAt: number;
  /** Whether somebody has asked since then: if so it is judged again. */
  isAsked: boolean;
  judging: Promise<void> | null;
};
type State = { judge?: Judge; entries: Map<string, Entry> };

/** The longest that a verdict about a tenant that sends is behind the database, in milliseconds, beside the judging itself. */
export const QUOTA_FRESH_MS = 10_000;
/** How often verdicts that were asked for are renewed: half as long, so that no request meets one that is older. */
export const QUOTA_SWEEP_MS = 5_000;
const CAPACITY = 50_000;
/** Tenants that are judged at once: the database's connections are for requests. */
const AT_ONCE = 2;

// One per process, whichever of its bundles asks.
const QUOTAS = Symbol.for('ragtoolkit.quotas');
const globals = globalThis as { [QUOTAS]?: State };

function state(): State {
  if (!globals[QUOTAS]) {
    const made: State = { entries: new Map() };
    globals[QUOTAS] = made;
    followChanges('tenant-quota', {
      // Whoever has just paid for more does not wait: nothing is known, so the next request is let through.
      invalidate: (tenantId) => void made.entries.delete(tenantId),
      clear: () => made.entries.clear(),
    });
  }
  return globals[QUOTAS];
}

/**
 * Says how a tenant's quota is judged. To be called once at start: this part of the kernel knows neither plans' amounts nor
 * meters, which are domains that stand behind the one that asks.
 */
export function registerQuotaJudge(judge: Judge): void {
  state().judge = judge;
}

/**
 * Why a tenant may store no new traces, or null where it may, as far as is known: from memory, without waiting. What is older
 * than 10 s is judged anew in the background and holds meanwhile; of a tenant that nothing is known of yet, everything is let
 * through until it is. So a burst may pass the limit by what comes within 10 s, and storing never waits for a count.
 */
export function refusalOfNewTraces(tenantId: string, now: number = Date.now()): string | null {
  const { judge, entries } = state();
  if (!judge) return null;
  const entry = entries.get(tenantId) ?? { verdict: null, judgedAt: 0, isAsked: false, judging: null };
  entries.delete(tenantId);
  entries.set(tenantId, entry);
  forgetOldest(entries);
  entry.isAsked = true;
  if (now - entry.judgedAt >= QUOTA_FRESH_MS) void renew(tenantId, entry, judge);
  return entry.verdict && entry.verdict.until.getTime() > now ? entry.verdict.refusal : null;
}

/**
 * Judges anew whoever was asked about since the last judgement, and waits for what is under way: what a tenant's last burst came
 * to is known soon after it.
 */
export async function renewQuotas(): Promise<void> {
  const { judge, entries } = state();
  if (!judge) return;
  const asked = [...entries].filter(([, { isAsked, judging }]) => isAsked || judging);
  const work = async () => {
    for (let next = asked.pop(); next; next = asked.pop()) await renew(...next, judge);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Tells every process, when the caller's transaction commits, that what a tenant may store is something else. */
export async function announceQuota(db: Db, tenantId: string): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`tenant-quota:${tenantId}`})`);
}

/** Never rejects: while a tenant cannot be judged, what was known of it holds. */
function renew(tenantId: string, entry: Entry, judge: Judge): Promise<void> {
  entry.judging ??= (async () => {
    entry.judgedAt = Date.now();
    entry.isAsked = false;
    try {
      entry.verdict = await judge(tenantId);
    } catch (error) {
      logError(error, 'the quota of a tenant cannot be judged now');
    }
    entry.judging = null;
  })();
  return entry.judging;
}

function forgetOldest(entries: Map<string, Entry>): void {
  if (entries.size <= CAPACITY) return;
  const oldest = entries.keys().next();
  if (!oldest.done) entries.delete(oldest.value);
}
