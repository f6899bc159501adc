import { AppError } from '@/lib/errors';
import { type Decision, MemoryStore } from './memory';
import { type PolicyName, policyOf } from './policies';

// One store per process, whichever of its bundles asks.
const STORE = Symbol.for('ragtoolkit.rate-limit');
const globals = globalThis as { [STORE]?: MemoryStore };

/** Counts one attempt of a subject (an address, an account, a tenant) against a policy, and says what became of it. */
export async function consume(policy: PolicyName, subject: string): Promise<Decision> {
  globals[STORE] ??= new MemoryStore();
  return globals[STORE].consume(`${policy} ${subject}`, policyOf(policy));
}

/**
 * Counts one attempt against each of the policies. Throws AppError `rate_limited`, with the seconds to wait, when one of
 * them is used up. A subject that is not known (no address outside of a request) is not counted.
 */
export async function assertWithin(limits: Partial<Record<PolicyName, string | null>>): Promise<void> {
  for (const [policy, subject] of Object.entries(limits) as [PolicyName, string | null][]) {
    if (subject === null) continue;
    const decision = await consume(policy, subject);
    if (!decision.allowed) throw new AppError('rate_limited', undefined, [], decision.retryAfter);
  }
}
