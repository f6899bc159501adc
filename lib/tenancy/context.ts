import type { Role } from '@/lib/auth/schema';
import type { TenantEntry } from './directory';

/** An operator's stay in a tenant's console: until when (ISO 8601), and until when they may write; null is read-only. */
export type Support = { id: string; expiresAt: string; writeUntil: string | null };

/** Who runs the platform: a person at cloud, or one of their scripts by its key. */
export type Operator =
  | { readonly kind: 'user'; readonly id: string; readonly email: string; readonly sessionId: string }
  | { readonly kind: 'operator-key'; readonly id: string; readonly name: string };

/**
 * Who acts: a person with a role in the tenant (an operator who looks in has one for that time, and `support`), an API key
 * with scopes, an operator from outside of the tenant, for a reason, or the system itself (seed, jobs).
 */
export type Actor =
  | { kind: 'user'; userId: string; email: string; name: string; role: Role; support?: Support }
  /** `creatorRole` is what bounds the key now; null for a service key, which is bounded by its scopes alone. */
  | { kind: 'api-key'; keyId: string; scopes: readonly string[]; creatorRole: Role | null }
  | { kind: 'operator'; operator: Operator; reason: string | null }
  | { kind: 'system'; name: string };

/** Who acts on tenants from outside of them: operators, and the system. Nobody of a tenant can be one. */
export type PlatformActor = {
  actor: Extract<Actor, { kind: 'system' | 'operator' }>;
  requestId: string;
};

/** The first argument of an operator's verbs: who, in which request. Made only from verified credentials. */
export type OperatorContext = { readonly operator: Operator; readonly requestId: string };

/** An operator as an actor on a tenant, for the verbs that tenants' own people and the system use too. */
export function actAs({ operator, requestId }: OperatorContext, reason: string | null = null): PlatformActor {
  return { actor: { kind: 'operator', operator, reason }, requestId };
}

/** The first argument of every verb: which tenant, by whom, in which request. Made only from verified credentials. */
export type TenantContext = {
  readonly tenant: TenantEntry;
  readonly actor: Actor;
  readonly requestId: string;
};

/** The actor as the log names it: kind and id, no address. */
export function describeActor({ actor }: Pick<TenantContext, 'actor'>): string {
  if (actor.kind === 'user') return actor.support ? `support:${actor.userId}` : `user:${actor.userId}`;
  if (actor.kind === 'api-key') return `key:${actor.keyId}`;
  return actor.kind === 'operator' ? describeOperator(actor.operator) : `system:${actor.name}`;
}

/** An operator as the log names them. */
export function describeOperator({ kind, id }: Operator): string {
  return kind === 'user' ? `operator:${id}` : `operator-key:${id}`;
}

/** The key by which somebody acts; null for people and the system. */
export function keyIdOf({ actor }: Pick<TenantContext, 'actor'>): string | null {
  return actor.kind === 'api-key' ? actor.keyId : null;
}
