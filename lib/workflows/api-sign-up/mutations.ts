import { and, eq, exists, gt, isNotNull, lte, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { tenantConfirmations } from '@/db/schema/lifecycle';
import { users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import type { Session } from '@/lib/auth/sessions';
import { mintSignInLink } from '@/lib/auth/verification-tokens';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { newId, newRequestId } from '@/lib/ids';
import { currentClient } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { confirmSignUpMail, confirmWorkspaceMail } from '@/lib/mail/templates';
import { addMember } from '@/lib/members/mutations';
import { assertWithin } from '@/lib/rate-limit/limit';
import type { Actor } from '@/lib/tenancy/context';
import { announceTenantChange } from '@/lib/tenancy/directory';
import { createTenant } from '@/lib/tenants/mutations';
import { getWireTenant } from '@/lib/tenants/queries';
import type { WireTenant } from '@/lib/tenants/schema';
import { CONFIRMATION_DAYS, LINK_MAX_AGE, nameFromEmail } from './rules';
import type { ApiSignUp } from './schema';

const itself: Actor = { kind: 'system', name: 'api-sign-up' };

/**
 * Makes a workspace for an e-mail address, in one transaction: all of it or nothing. No password, no session and no key
 * leave here: the way in is a link mailed to the address. Throws AppError `conflict` when the slug is taken.
 *
 * Whoever asks has proved nothing, so the answer, and all that can be seen from outside (the host, the slug that is now
 * taken), are the same whether or not the address has an account. Only its mailbox tells: somebody new is made, as admin
 * of the workspace, and signs in by the link; somebody who is known gets no membership until they have signed in and
 * said that the workspace is theirs, so nobody can push a workspace into an account. A workspace that is not confirmed
 * within seven days is erased, with the person who was made for it. Throws AppError `rate_limited` for an address (IP)
 * that has made too many; an operator may make as many as they like.
 */
export async function signUpThroughApi(
  input: ApiSignUp,
  requestId: string,
  actor: Actor = itself,
): Promise<WireTenant> {
  if (actor.kind !== 'operator') await assertWithin({ 'sign-up:ip': currentClient().ip });
  return withOwner(async (db) => {
    const person = await findOrMakePerson(db, input.admin_email);
    const tenant = await createTenant(
      db,
      { id: newId(), slug: input.slug, name: input.name },
      { actor, requestId },
    );
    if (person.isNew) await addMember(db, { tenant, actor, requestId }, { userId: person.id, role: 'admin' });
    await db.insert(tenantConfirmations).values({
      tenantId: tenant.id,
      userId: person.id,
      expiresAt: sql`now() + make_interval(days => ${CONFIRMATION_DAYS})`,
    });
    const next = person.isNew ? urlOf(tenant, '/') : urlOf('cloud', `/confirm/${tenant.id}`);
    const link = await mintSignInLink(db, { email: input.admin_email, next, maxAge: LINK_MAX_AGE });
    const write = person.isNew ? confirmSignUpMail : confirmWorkspaceMail;
    await queueMail(db, write(input.admin_email, { name: tenant.name, host: hostOf(tenant), link }));
    return getWireTenant(db, tenant.id);
  });
}

/**
 * Makes a signed-in person the admin of a workspace that was made with their address. Doing it again, or for a workspace
 * that is not theirs to confirm, throws AppError `not_found`.
 */
export async function confirmWorkspace(
  session: Session,
  input: { tenantId: string },
  requestId: string,
): Promise<{ url: string }> {
  return withPlatform(async (db) => {
    const [tenant] = await db
      .select({ id: tenants.id, slug: tenants.slug, name: tenants.name, status: tenants.status })
      .from(tenants)
      .where(and(eq(tenants.id, input.tenantId), eq(tenants.status, 'active')))
      .for('update');
    const [confirmed] = await db
      .delete(tenantConfirmations)
      .where(
        and(
          eq(tenantConfirmations.tenantId, input.tenantId),
          eq(tenantConfirmations.userId, session.userId),
          gt(tenantConfirmations.expiresAt, sql`now()`),
        ),
      )
      .returning({ id: tenantConfirmations.tenantId });
    if (!tenant || !confirmed) throw new AppError('not_found', 'There is nothing to confirm.');
    const { userId, email, name } = session;
    const ctx = { tenant, actor: { kind: 'user', userId, email, name, role: 'admin' }, requestId } as const;
    const [member] = await db
      .select({ id: memberships.userId })
      .from(memberships)
      .where(and(eq(memberships.tenantId, tenant.id), eq(memberships.userId, userId)));
    if (!member) await addMember(db, ctx, { userId, role: 'admin' });
    return { url: urlOf(tenant, '/') };
  });
}

/**
 * Takes workspaces off the list whose admin has followed the mailed link, and closes those that nobody confirmed in
 * time: they are due for erasure at once. Safe to run at any time, by several processes at once.
 */
export async function expireUnconfirmedTenants(): Promise<void> {
  await withPlatform(async (db) => {
    const confirmed = db
      .select({ id: users.id })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(and(eq(memberships.tenantId, tenantConfirmations.tenantId), isNotNull(users.emailVerifiedAt)));
    await db.delete(tenantConfirmations).where(exists(confirmed));
    const expired = await db
      .select({ id: tenants.id, slug: tenants.slug, name: tenants.name, status: tenants.status })
      .from(tenantConfirmations)
      .innerJoin(tenants, eq(tenants.id, tenantConfirmations.tenantId))
      .where(and(lte(tenantConfirmations.expiresAt, sql`now()`), eq(tenants.status, 'active')))
      .for('update', { of: tenants, skipLocked: true });
    for (const tenant of expired) {
      // Under the lock: it may have been confirmed at the last moment.
      const open = await db
        .delete(tenantConfirmations)
        .where(eq(tenantConfirmations.tenantId, tenant.id))
        .returning({ id: tenantConfirmations.tenantId });
      if (open.length === 0) continue;
      await db
        .update(tenants)
        .set({
          status: 'deleting',
          deletionRequestedAt: sql`now()`,
          deleteAfter: sql`now()`,
          updatedAt: sql`now()`,
        })
        .where(eq(tenants.id, tenant.id));
      await emit(
        db,
        { tenant, actor: itself, requestId: newRequestId() },
        {
          action: 'tenant.expire',
          target: { kind: 'tenant', id: tenant.id },
          before: { status: tenant.status },
          after: { status: 'deleting' },
        },
      );
      await announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] });
    }
  });
}

async function findOrMakePerson(db: Db, email: string): Promise<{ id: string; isNew: boolean }> {
  const id = newId();
  const made = await db
    .insert(users)
    .values({ id, email, name: nameFromEmail(email) })
    .onConflictDoNothing({ target: users.email })
    .returning({ id: users.id });
  if (made.length > 0) return { id, isNew: true };
  const [known] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!known) throw new AppError('unavailable'); // erased in this very moment
  return { id: known.id, isNew: false };
}
