import { and, eq, type SQL, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { credentials, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { hashPassword } from '@/lib/auth/passwords';
import type { Role } from '@/lib/auth/schema';
import type { SessionToken } from '@/lib/auth/session-cookie';
import { openSession, type Session } from '@/lib/auth/sessions';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { currentClient } from '@/lib/log';
import { addMember } from '@/lib/members/mutations';
import { assertWithin } from '@/lib/rate-limit/limit';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { lockTenant } from '@/lib/tenants/mutations';
import { hashInvitationToken } from '@/lib/workflows/invitations/mutations';
import { getSeats } from '@/lib/workflows/invitations/queries';
import { canBeAccepted } from './queries';
import { isToken, UNUSABLE } from './rules';
import type { AcceptInvitationInput } from './schema';

/**
 * Makes an account for who holds a mailed link and has none: the link proves the address. Account, session and
 * membership come about together, or none of them. Throws AppError `not_found` for a link that cannot be used, `conflict`
 * when the address has an account, `limit_exceeded` without a free seat, `rate_limited`.
 */
export async function joinByInvitation(
  input: { token: string; name: string; password: string },
  requestId: string,
): Promise<{ session: SessionToken; url: string }> {
  await assertWithin({ 'invitation:ip': currentClient().ip });
  await find(pool('platform').db, byToken(input.token)); // a password is hashed for a link that works, not for any
  const passwordHash = await hashPassword(input.password);
  const userId = newId();
  return withPlatform(async (db) => {
    const taken = await take(db, byToken(input.token));
    const [made] = await db
      .insert(users)
      .values({ id: userId, email: taken.email, name: input.name, emailVerifiedAt: sql`now()` })
      .onConflictDoNothing({ target: users.email })
      .returning({ id: users.id });
    if (!made)
      throw new AppError('conflict', 'There is an account with this address already. Sign in to accept.');
    await db.insert(credentials).values({ userId, passwordHash });
    const person = { userId, email: taken.email, name: input.name };
    const url = await enter(db, taken, person, requestId);
    return { session: await openSession(db, userId, { method: 'invitation' }), url };
  });
}

/**
 * Makes a signed-in person a member, if the invitation is for their address: the mailed link's token proves that it is
 * theirs, an id wants it confirmed before. Throws AppError `not_found` for an invitation that cannot be used, `forbidden`
 * for a link that was mailed to somebody else, `limit_exceeded` without a free seat, `rate_limited`.
 */
export async function acceptInvitation(
  session: Session,
  input: AcceptInvitationInput,
  requestId: string,
): Promise<{ url: string }> {
  await assertWithin({ 'invitation:ip': currentClient().ip });
  return withPlatform(async (db) => {
    const taken = await take(db, 'token' in input ? byToken(input.token) : eq(invitations.id, input.id));
    const [person] = await db
      .select({ email: users.email, name: users.name, verifiedAt: users.emailVerifiedAt })
      .from(users)
      .where(eq(users.id, session.userId))
      .for('update');
    const isTheirs = person?.email === taken.email;
    if (!person || ('id' in input && !(isTheirs && person.verifiedAt))) throw unusable();
    if (!isTheirs)
      throw new AppError(
        'forbidden',
        `This invitation is for another address than the one you are signed in with, ${person.email}.`,
      );
    if (!person.verifiedAt)
      await db.update(users).set({ emailVerifiedAt: sql`now()` }).where(eq(users.id, session.userId));
    const { email, name } = person;
    return { url: await enter(db, taken, { userId: session.userId, email, name }, requestId) };
  });
}

type Taken = { id: string; email: string; role: Role; tenant: TenantEntry };

/** The invitation, with its tenant locked before it: of two who accept it at once the second finds it used. */
async function take(db: Db, which: SQL): Promise<Taken> {
  const { tenantId } = await find(db, which);
  const tenant = await lockTenant(db, tenantId);
  return { ...(await find(db, which)), tenant };
}

async function find(db: Db, which: SQL): Promise<Omit<Taken, 'tenant'> & { tenantId: string }> {
  const { id, tenantId, email, role } = invitations;
  const [row] = await db
    .select({ id, tenantId, email, role })
    .from(invitations)
    .innerJoin(tenants, eq(tenants.id, tenantId))
    .where(and(which, canBeAccepted()));
  if (!row) throw unusable();
  return row;
}

/** Writes the membership and that the invitation is used, and says where the console is. A member stays what they are. */
async function enter(
  db: Db,
  { id, role, tenant }: Taken,
  person: { userId: string; email: string; name: string },
  requestId: string,
): Promise<string> {
  const ctx = { tenant, actor: { kind: 'user', ...person, role }, requestId } as const;
  const { userId } = person;
  const [member] = await db
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenant.id), eq(memberships.userId, userId)));
  if (!member) {
    const { members, limit } = await getSeats(db, tenant.id);
    if (limit !== null && members >= limit)
      throw new AppError(
        'limit_exceeded',
        `${tenant.name} has no free seat. Ask an admin of it to upgrade the plan; the invitation stays as it is.`,
      );
    await addMember(db, ctx, { userId, role }, 'member.accept');
  } else {
    await emit(db, ctx, {
      action: 'member.accept',
      target: { kind: 'user', id: userId },
      before: { role: member.role },
      after: { role: member.role },
    });
  }
  await db
    .update(invitations)
    .set({ acceptedAt: sql`now()`, acceptedBy: userId })
    .where(and(eq(invitations.tenantId, tenant.id), eq(invitations.id, id)));
  return urlOf(tenant, '/');
}

function byToken(token: string): SQL {
  if (!isToken(token)) throw unusable();
  return eq(invitations.tokenHash, hashInvitationToken(token));
}

function unusable(): AppError {
  return new AppError('not_found', UNUSABLE);
}
