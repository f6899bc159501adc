import { env } from '@/lib/env';
import type { Limit } from './store';

/** Who is counted. A tenant, a key and a user are known by a verified credential; the others can be anybody. */
export type Subject = 'tenant' | 'api-key' | 'user' | 'ip' | 'host' | 'account';

/**
 * What is limited, and how. `token-bucket`: `burst` at once (`limit` unless told), which fills up again evenly by `limit`
 * within `windowSeconds`. `sliding-window`: no more than `limit` in any window, for what must have no second burst right
 * after the first. `strict` limits get narrower, and never wider, while the shared store is away. `concurrency`: so many
 * under way at a time, in all processes together (lib/usage/leases.ts).
 */
export type RatePolicy = {
  algorithm: 'token-bucket' | 'sliding-window';
  counts: Subject;
  limit: number;
  windowSeconds: number;
  burst?: number;
  strict?: true;
};
export type ConcurrencyPolicy = { algorithm: 'concurrency'; counts: Subject; limit: number };
export type Policy = RatePolicy | ConcurrencyPolicy;

const bucket = 'token-bucket';
const sliding = 'sliding-window';

/** Every limit there is: the one table. Names say what is counted and by whom. */
export const policies = {
  /** A tenant's requests by its own live keys. Its plan may raise both figures, an operator may set others. */
  tenant: { algorithm: bucket, counts: 'tenant', limit: 200, windowSeconds: 1 },
  /** One key below its tenant's rate: only where an admin has set a cap, whose figure stands in this one's place. */
  'api-key': { algorithm: bucket, counts: 'api-key', limit: 200, windowSeconds: 1 },
  /** A person's console: a page asks for a few dozen things at once. One person's scripts slow down nobody else. */
  'session:user': { algorithm: bucket, counts: 'user', limit: 50, windowSeconds: 1, burst: 200 },
  /** Whoever shows no credential that is worth anything. An office behind one address signs in within the burst. */
  'anonymous:ip': { algorithm: bucket, counts: 'ip', limit: 20, windowSeconds: 1, burst: 100 },
  /** All strangers on one host together, so that those who flood one workspace's login page close only that one. */
  'anonymous:host': { algorithm: bucket, counts: 'host', limit: 200, windowSeconds: 1, burst: 400 },
  /** All strangers on hosts that are no workspace's together: no name that somebody makes up is remembered. */
  'anonymous:elsewhere': { algorithm: bucket, counts: 'host', limit: 100, windowSeconds: 1, burst: 200 },
  /** Publish keys stand in web pages for everybody to copy: their readers are counted one by one, then together. */
  'publish-key:ip': { algorithm: bucket, counts: 'ip', limit: 10, windowSeconds: 1, burst: 50 },
  'publish-key:tenant': { algorithm: bucket, counts: 'tenant', limit: 100, windowSeconds: 1, burst: 200 },
  /** Health probes, apart from all else: whoever floods a host must not get its process restarted. */
  'probe:ip': { algorithm: bucket, counts: 'ip', limit: 50, windowSeconds: 1, burst: 200 },
  /** An operator's script. */
  'operator-key': { algorithm: bucket, counts: 'api-key', limit: 20, windowSeconds: 1, burst: 60 },
  /** Whoever asks for what is the operators' alone: mostly those who try. */
  'operator:ip': { algorithm: bucket, counts: 'ip', limit: 20, windowSeconds: 1, burst: 100, strict: true },
  /** Attempts to sign in. The account's limit is what stops a botnet; the address's what stops a list of accounts. */
  'sign-in:ip': { algorithm: bucket, counts: 'ip', limit: 30, windowSeconds: 60, strict: true },
  'sign-in:account': { algorithm: sliding, counts: 'account', limit: 10, windowSeconds: 300, strict: true },
  /** Tries of a second factor, by person: in a row, and of six digits in a day. Three codes of a million fit at a time, so that who knows the password needs 18 years. */
  'second-factor:account': {
    algorithm: sliding,
    counts: 'account',
    limit: 10,
    windowSeconds: 300,
    strict: true,
  },
  'second-factor:day': {
    algorithm: sliding,
    counts: 'account',
    limit: 50,
    windowSeconds: 86_400,
    strict: true,
  },
  /** Whatever sends a mail to an address that somebody has typed. */
  'mail:ip': { algorithm: bucket, counts: 'ip', limit: 20, windowSeconds: 3_600, strict: true },
  'mail:account': { algorithm: bucket, counts: 'account', limit: 5, windowSeconds: 3_600, strict: true },
  /** New accounts and workspaces. */
  'sign-up:ip': { algorithm: bucket, counts: 'ip', limit: 10, windowSeconds: 3_600, strict: true },
  'sign-up:account': { algorithm: sliding, counts: 'account', limit: 10, windowSeconds: 3_600, strict: true },
  /** Opening and accepting invitations: tokens cannot be guessed, and are not to be tried. */
  'invitation:ip': { algorithm: bucket, counts: 'ip', limit: 30, windowSeconds: 60, strict: true },
  /** Invitations that a workspace mails. */
  'invitation:tenant': {
    algorithm: sliding,
    counts: 'tenant',
    limit: 100,
    windowSeconds: 3_600,
    strict: true,
  },
  /** Downloads of a whole workspace: one, and another after a tab was closed without our noticing. */
  'export:tenant': { algorithm: 'concurrency', counts: 'tenant', limit: 2 },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;
type NamesOf<A> = { [N in PolicyName]: (typeof policies)[N] extends A ? N : never }[PolicyName];
export type RatePolicyName = NamesOf<{ algorithm: RatePolicy['algorithm'] }>;
export type ConcurrencyPolicyName = NamesOf<{ algorithm: 'concurrency' }>;

/**
 * What a route or an action costs beyond what the gateway charges to whoever calls (lib/gateway/limit.ts). Each declares
 * one of these by name: a route without one does not compile.
 */
export const routeLimits = {
  /** Nothing beyond: a key costs its tenant, a session its user, a stranger their address and the host's pool. */
  caller: [],
  /** Health: the gateway's pools are left alone, see `probe:ip`. */
  probe: ['probe:ip'],
  /** The operators' own: see `operator:ip`. */
  operator: ['operator:ip'],
  /** An attempt at something: the verb counts it by what it alone knows, such as an account's address (`assertWithin`). */
  attempt: [],
  /** The verb counts what is under way, see `export:tenant`. */
  export: [],
} as const satisfies Record<string, readonly RatePolicyName[]>;

export type RouteLimit = keyof typeof routeLimits;

/** Figures in a policy's place: a tenant's own rate, a key's cap. */
export type OwnRate = { perSecond: number; burst: number };

let resolved: Map<RatePolicyName, Limit> | undefined;

/** A policy as this installation has it, ready for a store. */
export function limitOf(name: RatePolicyName, own?: OwnRate): Limit {
  resolved ??= new Map();
  let found = resolved.get(name);
  if (!found) {
    const { algorithm, limit, windowSeconds, burst, strict }: RatePolicy = policies[name];
    const set = env().rateLimitOverrides.get(name);
    found = set
      ? toLimit({ algorithm, strict: strict === true, ...set })
      : toLimit({ algorithm, strict: strict === true, limit, windowSeconds, burst });
    resolved.set(name, found);
  }
  return own ? { ...found, limit: own.perSecond, burst: own.burst, windowMs: 1_000 } : found;
}

/** How many may be under way at a time in this installation. */
export function concurrencyOf(name: ConcurrencyPolicyName): number {
  return env().rateLimitOverrides.get(name)?.limit ?? policies[name].limit;
}

function toLimit(given: {
  algorithm: RatePolicy['algorithm'];
  limit: number;
  windowSeconds: number;
  burst?: number | undefined;
  strict: boolean;
}): Limit {
  const { algorithm, limit, windowSeconds, burst = limit, strict } = given;
  return { algorithm, limit, burst, windowMs: windowSeconds * 1_000, strict };
}

/** Checks the overrides of the environment. Throws an Error that names the setting when one names no policy. */
export function assertOverrides(overrides: ReadonlyMap<string, unknown> = env().rateLimitOverrides): void {
  for (const name of overrides.keys())
    if (!Object.hasOwn(policies, name))
      throw new Error(
        `RATE_LIMIT_OVERRIDES: there is no policy "${name}". Policies: ${Object.keys(policies).join(', ')}`,
      );
}
