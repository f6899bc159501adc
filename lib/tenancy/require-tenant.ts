import 'server-only';
import { cookies, headers } from 'next/headers';
import { forbidden, notFound, redirect } from 'next/navigation';
import { cache } from 'react';
import { can } from '@/lib/auth/authorize';
import type { Permission } from '@/lib/auth/permissions';
import { sessionCookie } from '@/lib/auth/session-cookie';
import {
  readPendingSession,
  readSession,
  readTenantSession,
  type Session,
  type TenantSession,
  toActor,
} from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { internalHeaders } from '@/lib/gateway/headers';
import { parseHost } from '@/lib/gateway/hosts';
import { annotateRequest, currentRequestId } from '@/lib/log';
import { describeActor, type TenantContext } from './context';
import { findTenantBySlug, type TenantEntry } from './directory';

/**
 * Begins every page of a tenant's console: the tenant of this host, a signed-in member of it, and the permission the
 * page needs. Redirects to the login page (and back afterwards), or shows the "no member" page with status 403.
 */
export async function requireTenant(
  params: Promise<{ tenant: string }>,
  permission: Permission,
): Promise<TenantContext & { actor: { kind: 'user' } }> {
  const tenant = await requireHostTenant(params);
  const session = await currentTenantSession(tenant.id);
  if (!session) redirect(`/login?next=${encodeURIComponent(await requestedPath())}`);
  const actor = toActor(session);
  if (!actor) forbidden();
  const route = pageRoute(await requestedPath());
  annotateRequest({ tenant: tenant.id, actor: describeActor({ actor }), route });
  if (!can(actor, permission)) forbidden();
  return { tenant, actor, requestId: currentRequestId() };
}

/** The tenant whose host this is. The path segment must agree with the host: it is a rewrite's, never a client's. */
export async function requireHostTenant(params: Promise<{ tenant: string }>): Promise<TenantEntry> {
  const { tenant: slug } = await params;
  const meaning = parseHost((await headers()).get('host'));
  const tenant = meaning.surface === 'tenant' && meaning.slug === slug ? await findTenantBySlug(slug) : null;
  if (tenant?.status !== 'active') notFound();
  return tenant;
}

/**
 * The tenant of this host while its deletion is pending, and who looks at it: `ctx` is null for strangers and people who
 * are no members. Shows "not found" for every other tenant. Only the page that says so begins with this.
 */
export async function requireDeletingTenant(): Promise<{ tenant: TenantEntry; ctx: TenantContext | null }> {
  const meaning = parseHost((await headers()).get('host'));
  const tenant = meaning.surface === 'tenant' ? await findTenantBySlug(meaning.slug) : null;
  if (tenant?.status !== 'deleting') notFound();
  const session = await currentTenantSession(tenant.id);
  const actor = session && toActor(session);
  if (!actor) return { tenant, ctx: null };
  annotateRequest({ tenant: tenant.id, actor: describeActor({ actor }) });
  return { tenant, ctx: { tenant, actor, requestId: currentRequestId() } };
}

/** The signed-in person, whichever host this is, or null. */
export async function currentSession(): Promise<Session | null> {
  return readSession(await sessionCookieValue());
}

/** The session that waits for its second factor, whichever host this is, or null. Who has it is not signed in. */
export async function currentPendingSession(): Promise<Session | null> {
  return readPendingSession(await sessionCookieValue());
}

/** Begins every page that is about the person themselves: who is signed in. Redirects to the login page, and back afterwards. */
export async function requireSession(): Promise<Session> {
  const session = await currentSession();
  if (!session) redirect(`/login?next=${encodeURIComponent(await requestedPath())}`);
  annotateRequest({ actor: `user:${session.userId}` });
  return session;
}

/** The same for an action: throws AppError `unauthenticated` where nobody is signed in. */
export async function assertSession(): Promise<Session> {
  const session = await currentSession();
  if (!session) throw new AppError('unauthenticated', 'Your session has ended. Sign in again.');
  annotateRequest({ actor: `user:${session.userId}` });
  return session;
}

/** Begins the page that asks for the second factor: whose sign-in waits for it. Who is signed in is sent on to `next`, who is not to the login page. */
export async function requirePendingSession(next: string): Promise<Session> {
  const pending = await currentPendingSession();
  if (pending) return pending;
  redirect((await currentSession()) ? next : `/login?next=${encodeURIComponent(next)}`);
}

/** Begins every login page: who still owes their second factor is sent to say it, and on to `next` afterwards. */
export async function redirectPendingSession(next: string): Promise<void> {
  if (await currentPendingSession()) redirect(`/login/second-factor?next=${encodeURIComponent(next)}`);
}

/** The signed-in person with their role in a tenant, or null: one query a request, though layout and page both ask. */
export const currentTenantSession = cache(async (tenantId: string): Promise<TenantSession | null> => {
  return readTenantSession(await sessionCookieValue(), tenantId);
});

/** The path and query that the browser asked for, as the gateway noted them. */
export async function requestedPath(): Promise<string> {
  return (await headers()).get(internalHeaders.path) ?? '/';
}

/** A console page's address as the log and the counts name it: what is an id there is not in it. */
export function pageRoute(path: string): string {
  const [first = '', second, ...rest] = (path.split('?', 1)[0] ?? '').split('/').filter(Boolean);
  const isFolder = first === 'settings' || first === 'admin';
  const named = second && isFolder ? `/${first}/${second}` : `/${first}`;
  return `page ${named}${(second && !isFolder) || rest.length > 0 ? '/…' : ''}`;
}

/** The session cookie of the request being handled, whoever sent it. */
export async function sessionCookieValue(): Promise<string | undefined> {
  return (await cookies()).get(sessionCookie().name)?.value;
}
