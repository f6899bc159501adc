import type { Role } from '@/lib/auth/schema';
import type { TenantEntry } from './directory';

/** Who acts: a person with a role in the tenant, an API key with scopes, or the system itself (seed, jobs). */
export type Actor =
  | { kind: 'user'; userId: string; email: string; name: string; role: Role }
  /** `creatorRole` is what bounds the key now; null for a service key, which is bounded by its scopes alone. */
  | { kind: 'api-key'; keyId: string; scopes: readonly string[]; creatorRole: Role | null }
  | { kind: 'system'; name: string };

/** The first argument of every verb: which tenant, by whom, in which request. Made only from verified credentials. */
export type TenantContext = {
  readonly tenant: TenantEntry;
  readonly actor: Actor;
  readonly requestId: string;
};
