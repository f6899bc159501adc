import { createHash, randomInt } from 'node:crypto';
import { type Env, env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import { countedAddress } from './address';
import { GuardedStore } from './guarded';
import { MemoryStore } from './memory';
import { assertOverrides, limitOf, type OwnRate, policies, type RatePolicyName } from './policies';
import { redisStore } from './redis';
import type { Limit, RateLimitStore, SharedStore, StoreName, Verdict } from './store';
import { upstashStore } from './upstash';

/** What became of an attempt. `retryAfter` and `reset` are in whole seconds, `retryAfter` 0 where it was let through. */
export type Decision = {
  allowed: boolean;
  /** The limit it was held against, per window, and how many more would be let through now. */
  limit: number;
  windowSeconds: number;
  remaining: number;
  retryAfter: number;
  /** Until everything is there again. */
  reset: number;
};

/**
 * Counts that this process may hold, for the known and for strangers apart: addresses can be made up without end, and
 * must not crowd out a tenant's.
 */
const CAPACITY = 25_000;
/** A shared store that takes longer has not answered. */
const DEADLINE_MS = { redis: 25, upstash: 150 } as const;
/** At start: a connection has to be made, and the machine may be busy. */
const START_DEADLINE_MS = 5_000;
/** What is added to a wait, as a share of it and in seconds at the most, so that those refused at once do not return at once. */
const JITTER = { share: 0.25, most: 10 };

type Stores = { known: RateLimitStore; strangers: RateLimitStore; guard: GuardedStore | null };

// One store per process, whichever of its bundles asks.
const STORES = Symbol.for('ragtoolkit.rate-limit');
const globals = globalThis as { [STORES]?: Stores };

function stores(): Stores {
  globals[STORES] ??= openStores(env());
  return globals[STORES];
}

function openStores({ rateLimitStore, rateLimitInstances: instances }: Env): Stores {
  const [known, strangers] = [new MemoryStore(CAPACITY), new MemoryStore(CAPACITY)];
  if (rateLimitStore.name === 'memory') return { known, strangers, guard: null };
  const { name } = rateLimitStore;
  const shared: SharedStore =
    name === 'redis' ? redisStore(rateLimitStore.url) : upstashStore(rateLimitStore);
  const guard = new GuardedStore(shared, { name, deadlineMs: DEADLINE_MS[name], instances });
  return { known: guard.beside(known), strangers: guard.beside(strangers), guard };
}

/**
 * Opens the store and asks it once, so that a wrong address is found at start and not in the night. Throws an Error that
 * names the setting: an override of no policy, a store that does not answer.
 */
export async function startRateLimits(): Promise<void> {
  assertOverrides();
  const { guard } = stores();
  const { rateLimitStore } = env();
  if (!guard || rateLimitStore.name === 'memory') return;
  const setting = rateLimitStore.name === 'redis' ? 'REDIS_URL' : 'UPSTASH_REDIS_REST_URL';
  const { host } = new URL(rateLimitStore.url);
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      return await guard.check(Math.max(1, deadline - performance.now()));
    } catch (error) {
      // The first connection takes a moment, in which commands are refused.
      if (performance.now() < deadline && isConnecting(error)) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      await stopRateLimits();
      const reason = error instanceof Error ? (error.message.split(', command was')[0] ?? '') : '';
      throw new Error(`${setting}: the Redis at ${host} does not answer: ${reason}`);
    }
  }
}

function isConnecting(error: unknown): boolean {
  return error instanceof Error && /offline|closed/i.test(`${error.name} ${error.message}`);
}

/** Closes the store's connection. For shutdown and tests: the next attempt opens it again. */
export async function stopRateLimits(): Promise<void> {
  const open = globals[STORES];
  globals[STORES] = undefined;
  await open?.guard?.close();
}

/** Which store is configured, and whether it decides now: false while this process counts for itself in its place. */
export function rateLimitStatus(): { store: StoreName; inCharge: boolean } {
  return { store: env().rateLimitStore.name, inCharge: stores().guard?.isInCharge ?? true };
}

/**
 * Counts one attempt of a subject (an address, an account, a tenant) against a policy, and says what became of it. `own`
 * stands in place of the policy's figures. An address may be given as it came: IPv6 is counted by its first 64 bits.
 */
export async function consume(policy: RatePolicyName, subject: string, own?: OwnRate): Promise<Decision> {
  const limit = limitOf(policy, own);
  const { counts } = policies[policy];
  const isKnown = counts === 'tenant' || counts === 'api-key' || counts === 'user';
  const store = isKnown ? stores().known : stores().strangers;
  const taken = store.take(`${policy} ${countedAs(counts, subject)}`, limit);
  return toDecision(taken instanceof Promise ? await taken : taken, limit);
}

function countedAs(counts: (typeof policies)[RatePolicyName]['counts'], subject: string): string {
  if (counts === 'ip') return countedAddress(subject);
  // An account's address is nothing that a shared store has to know.
  return counts === 'account' ? createHash('sha256').update(subject).digest('base64url') : subject;
}

function toDecision({ allowed, remaining, waitMs, resetMs }: Verdict, { limit, windowMs }: Limit): Decision {
  return {
    allowed,
    limit,
    windowSeconds: windowMs / 1_000,
    remaining,
    retryAfter: allowed ? 0 : withJitter(waitMs / 1_000),
    reset: Math.ceil(resetMs / 1_000),
  };
}

/** Whole seconds, at least 1, and at random a little longer: a second at the least, ten at the most. */
function withJitter(seconds: number): number {
  const wait = Math.max(1, Math.ceil(seconds));
  const most = Math.min(JITTER.most, Math.max(1, Math.floor(wait * JITTER.share)));
  return wait + randomInt(0, most + 1);
}

/**
 * Counts one attempt against each of the policies. Throws AppError `rate_limited`, with the seconds to wait, when one of
 * them is used up. A subject that is not known (no address outside of a request) is not counted.
 */
export async function assertWithin(limits: Partial<Record<RatePolicyName, string | null>>): Promise<void> {
  for (const [policy, subject] of Object.entries(limits) as [RatePolicyName, string | null][]) {
    if (subject === null) continue;
    const decision = await consume(policy, subject);
    if (!decision.allowed) throw new AppError('rate_limited', undefined, [], decision.retryAfter);
  }
}
