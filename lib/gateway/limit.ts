import type { LiveApiKey } from '@/lib/auth/api-key';
import { identifyCaller } from '@/lib/auth/caller';
import type { CredentialSource } from '@/lib/auth/credentials';
import { AppError } from '@/lib/errors';
import { oncePerRequest } from '@/lib/log';
import { consume, type Decision } from '@/lib/rate-limit/limit';
import { type RatePolicyName, type RouteLimit, routeLimits } from '@/lib/rate-limit/policies';
import { findTenantBySlug } from '@/lib/tenancy/directory';
import { findTenantRate } from '@/lib/tenancy/limits';
import { countRequest } from '@/lib/usage/request-counts';
import { parseHost } from './hosts';

/** What the gateway needs of a request to tell who pays for it. `ip` is as `clientOf` says it. */
export type LimitSource = Pick<CredentialSource, 'host' | 'authorization' | 'apiKey' | 'cookie'> & {
  ip: string | null;
};

/** A limit that a request was held against, under the name that the answer's headers say. */
export type Meter = { name: 'tenant' | 'key' | 'user'; decision: Decision };

/**
 * What became of a request at the gateway. `meters` are for the eyes of whoever pays, once they are authenticated, and are
 * empty for strangers: they are told nothing of anybody's budget.
 */
export type Standing = { allowed: boolean; retryAfter: number; meters: readonly Meter[] };

/** Where nothing is known of the caller but that they came: outside of any server. */
const NOWHERE = 'unknown';

/**
 * Charges a request to whoever sends it, once, whichever door asks first: a tenant's own live key to the tenant and, where
 * an admin has capped it, to the key; a session to its person; everybody else to their address and to the host's pool of
 * strangers. Without I/O once the key, the tenant and the host are known. Never throws for what it cannot find out.
 */
export function limitRequest(source: LimitSource): Promise<Standing> {
  return oncePerRequest('limit', async () => {
    const caller = await identifyCaller(source);
    if (caller.kind === 'user') return limitUser(caller.userId);
    if (caller.kind === 'operator-key') return limitOperatorKey(caller.id);
    return caller.kind === 'key' ? limitKey(caller.key, source.ip) : limitStranger(source);
  });
}

/** Charges what a route or an action costs by itself. Throws LimitedError when that is used up. */
export async function assertRouteWithin(limit: RouteLimit, ip: string | null): Promise<void> {
  for (const policy of routeLimits[limit]) {
    const decision = await consume(policy, ip ?? NOWHERE);
    if (!decision.allowed) throw new LimitedError(refused(decision));
  }
}

/**
 * Charges a request to whoever sends it, and then what its route costs. Throws LimitedError when either is used up. Probes
 * cost their own limit alone.
 */
export async function assertRequestWithin(source: LimitSource, limit: RouteLimit): Promise<Standing> {
  const standing = limit === 'probe' ? PASSED : await limitRequest(source);
  if (!standing.allowed) throw new LimitedError(standing);
  await assertRouteWithin(limit, source.ip);
  return standing;
}

/** `rate_limited`, with what the caller may be told of their budget. */
export class LimitedError extends AppError {
  constructor(readonly standing: Standing) {
    super('rate_limited', undefined, [], standing.retryAfter);
  }
}

const PASSED: Standing = { allowed: true, retryAfter: 0, meters: [] };

function refused({ retryAfter }: Decision, meters: readonly Meter[] = []): Standing {
  return { allowed: false, retryAfter, meters };
}

async function limitUser(userId: string): Promise<Standing> {
  const decision = await consume('session:user', userId);
  const meters = [{ name: 'user', decision }] as const;
  return decision.allowed ? { ...PASSED, meters } : refused(decision, meters);
}

async function limitOperatorKey(id: string): Promise<Standing> {
  const decision = await consume('operator-key', id);
  const meters = [{ name: 'key', decision }] as const;
  return decision.allowed ? { ...PASSED, meters } : refused(decision, meters);
}

/** The cap first: what a key sends beyond it costs its tenant nothing. */
async function limitKey(key: LiveApiKey, ip: string | null): Promise<Standing> {
  if (key.kind === 'publish') return limitPublished(key, ip);
  const meters: Meter[] = [];
  const { ratePerSecond: cap } = key;
  if (cap !== null) {
    const decision = await consume('api-key', key.keyId, { perSecond: cap, burst: cap });
    meters.push({ name: 'key', decision });
    if (!decision.allowed) {
      countRequest(key, false);
      return refused(decision, meters);
    }
  }
  const own = await findTenantRate(key.tenantId).catch(() => null);
  const decision = await consume('tenant', key.tenantId, own ?? undefined);
  meters.push({ name: 'tenant', decision });
  countRequest(key, decision.allowed);
  return decision.allowed ? { ...PASSED, meters } : refused(decision, meters);
}

/** Everybody can read such a key in a web page: they cost the tenant's own clients nothing, and learn nothing. */
async function limitPublished({ tenantId }: LiveApiKey, ip: string | null): Promise<Standing> {
  const own = await consume('publish-key:ip', ip ?? NOWHERE);
  if (!own.allowed) return refused(own);
  const shared = await consume('publish-key:tenant', tenantId);
  return shared.allowed ? PASSED : refused(shared);
}

/** The address first: who is refused for theirs takes nothing from the pool of the others. */
async function limitStranger({ ip, host }: LimitSource): Promise<Standing> {
  const own = await consume('anonymous:ip', ip ?? NOWHERE);
  if (!own.allowed) return refused(own);
  const [policy, pool] = await poolOf(host);
  const shared = await consume(policy, pool);
  return shared.allowed ? PASSED : refused(shared);
}

async function poolOf(host: string | null): Promise<[RatePolicyName, string]> {
  const meaning = parseHost(host);
  if (meaning.surface === 'site' || meaning.surface === 'cloud') return ['anonymous:host', meaning.surface];
  const tenant = meaning.surface === 'tenant' ? await findTenantBySlug(meaning.slug).catch(() => null) : null;
  return tenant ? ['anonymous:host', tenant.id] : ['anonymous:elsewhere', 'all'];
}
