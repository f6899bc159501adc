import { can } from '@/lib/auth/authorize';
import type { Role } from '@/lib/auth/schema';
import { isScope, roleMayGrant, type Scope, scopes } from '@/lib/auth/scopes';
import type { Actor } from '@/lib/tenancy/context';
import { type Lifetime, lifetimes, secretScopes } from './schema';

const DAY_MS = 86_400_000;

/** When a key made at `from` ends: null never. `expires` is a lifetime, or the moment as ISO 8601. */
export function toExpiry(expires: string, from: Date): Date | null {
  if (!Object.hasOwn(lifetimes, expires)) return new Date(expires);
  const days = lifetimes[expires as Lifetime];
  return days === null ? null : new Date(from.getTime() + days * DAY_MS);
}

/** When a key ends that is made at `from` in the place of another: it lives as long as that one was made for. */
export function toSuccessorExpiry(old: { createdAt: Date; expiresAt: Date | null }, from: Date): Date | null {
  if (!old.expiresAt) return null;
  return new Date(from.getTime() + (old.expiresAt.getTime() - old.createdAt.getTime()));
}

/** The scopes that a person of this role may give a key, with what each is. */
export function scopesToOffer(role: Role): { scope: (typeof secretScopes)[number]; description: string }[] {
  return secretScopes
    .filter((scope) => roleMayGrant(role, scope))
    .map((scope) => ({ scope, description: scopes[scope].description }));
}

/** The scopes of a list that a role may not give, because they grant more than it holds. */
export function scopesBeyond(role: Role, wanted: readonly string[]): Scope[] {
  return wanted.filter(isScope).filter((scope) => !roleMayGrant(role, scope));
}

/**
 * Whether somebody may rename, rotate and revoke a key: who manages keys any, others their own. A service key is nobody's
 * own: who rotates it gets its rights, which the creator's role no longer bounds.
 */
export function mayActOn(actor: Actor, key: { createdBy: string | null; isService: boolean }): boolean {
  if (can(actor, 'api-keys:manage')) return true;
  const isOwn = actor.kind === 'user' && key.createdBy === actor.userId && !key.isService;
  return isOwn && can(actor, 'api-keys:update');
}
