import { createHash, randomBytes } from 'node:crypto';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import type { Role } from '@/lib/auth/schema';
import { AppError } from '@/lib/errors';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { queueMail } from '@/lib/mail/outbox';
import { invitationMail } from '@/lib/mail/templates';
import { nameOf } from '@/lib/members/mutations';
import { consume } from '@/lib/rate-limit/limit';
import type { TenantContext } from '@/lib/tenancy/context';
import { lockTenant } from '@/lib/tenants/mutations';
import { getSeats, isVerifiedInviter } from './queries';
import {
  INVITATION_DAYS,
  type InvitingFacts,
  isFull,
  type Outcome,
  parseAddresses,
  planInvitations,
  RESEND_AFTER_SECONDS,
} from './rules';
import type { InvitedList, Seats } from './schema';

/** An invitation that was sent. `sentAt` and `expiresAt` are ISO 8601 in UTC. */
export type SentInvitation = { id: string; email: string; role: Role; sentAt: string; expiresAt: string };

/**
 * Invites an address with a role: a link that only this address can accept, for seven days, is mailed to it. One whose
 * invitation has expired is invited anew. Throws AppError `forbidden` (also for an inviter whose own address is not
 * confirmed), `conflict` for a member or an open invitation, `limit_exceeded` without a free seat, `rate_limited`.
 */
export async function inviteMember(
  ctx: TenantContext,
  input: { email: string; role: Role },
): Promise<SentInvitation> {
  authorize(ctx, 'members:invite');
  const { outcomeOf, sent, seats, retryAfter } = await invite(ctx, [input.email], input.role);
  const outcome = outcomeOf.get(input.email);
  const invitation = sent[0];
  if (outcome === 'invited' && invitation) return invitation;
  if (outcome === 'no_seat') throw seatsTaken(seats);
  if (outcome === 'rate_limited') throw tooMany(retryAfter);
  const message =
    outcome === 'member'
      ? `${input.email} is a member already.`
      : `${input.email} has an open invitation already.`;
  throw new AppError('conflict', message, [{ path: 'email', message }]);
}

/**
 * Invites the addresses of a pasted list, and says what became of each piece of it: what cannot be invited keeps nobody
 * else from it. Throws AppError `forbidden`, as `inviteMember` does.
 */
export async function inviteList(
  ctx: TenantContext,
  input: { list: string; role: Role },
): Promise<InvitedList> {
  authorize(ctx, 'members:invite');
  const pieces = parseAddresses(input.list);
  const emails = pieces.flatMap(({ email, issue }) => (issue === null ? [email] : []));
  const { outcomeOf } = await invite(ctx, emails, input.role);
  return {
    lines: pieces.map(({ text, email, issue }) => ({
      text,
      email,
      outcome: issue ?? outcomeOf.get(email) ?? 'malformed',
    })),
  };
}

/**
 * Mails an open invitation again, with a new link and seven new days; the old link is dead. Throws AppError `forbidden`,
 * `not_found`, `conflict` when the address has become a member, `rate_limited` within a minute of the last mail,
 * `limit_exceeded` when it had expired and no seat is free.
 */
export async function resendInvitation(
  ctx: TenantContext,
  input: { id: string },
): Promise<{ id: string; expiresAt: string }> {
  authorize(ctx, 'members:invite');
  return withPlatform(async (db) => {
    await lockOpenTenant(db, ctx);
    const invitation = await findOpen(db, ctx, input.id);
    if (!invitation) throw new AppError('not_found', 'There is no such invitation.');
    await assertVerified(db, ctx);
    if (invitation.wait > 0)
      throw new AppError('rate_limited', 'It was sent less than a minute ago.', [], invitation.wait);
    const seats = await getSeats(db, ctx.tenant.id);
    if (invitation.expired && isFull(seats)) throw seatsTaken(seats);
    if ((await membersAmong(db, ctx, [invitation.email])).size > 0)
      throw new AppError('conflict', `${invitation.email} is a member already.`);
    const denied = await countMail(ctx, invitation.email);
    if (denied !== null) throw tooMany(denied);
    const { id, email, role } = invitation;
    const { expiresAt } = await send(db, ctx, { id, email, role });
    await emit(db, ctx, {
      action: 'member.resend_invitation',
      target: { kind: 'invitation', id },
      before: { expiresAt: invitation.expiresAt.toISOString() },
      after: { email, expiresAt },
    });
    return { id, expiresAt };
  });
}

/** Takes an open invitation back: its link is dead. Doing it again changes nothing. Throws AppError `forbidden`, `not_found`, `conflict` once accepted. */
export async function revokeInvitation(ctx: TenantContext, input: { id: string }): Promise<{ id: string }> {
  authorize(ctx, 'members:invite');
  return withPlatform(async (db) => {
    await lockOpenTenant(db, ctx); // before the invitation, as who accepts it does
    const own = and(eq(invitations.tenantId, ctx.tenant.id), eq(invitations.id, input.id));
    const [found] = await db
      .select({
        email: invitations.email,
        role: invitations.role,
        acceptedAt: invitations.acceptedAt,
        revokedAt: invitations.revokedAt,
      })
      .from(invitations)
      .where(own)
      .for('update');
    if (!found) throw new AppError('not_found', 'There is no such invitation.');
    if (found.acceptedAt) throw new AppError('conflict', `${found.email} has accepted it already.`);
    if (found.revokedAt) return { id: input.id };
    await db.update(invitations).set({ revokedAt: sql`now()` }).where(own);
    await emit(db, ctx, {
      action: 'member.revoke_invitation',
      target: { kind: 'invitation', id: input.id },
      before: { email: found.email, role: found.role },
    });
    return { id: input.id };
  });
}

/** The hash by which an invitation is found again from its link's token. */
export function hashInvitationToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The refusal of one more person, with the way out. */
export function seatsTaken({ limit, planName }: Pick<Seats, 'limit' | 'planName'>): AppError {
  return new AppError(
    'limit_exceeded',
    `All ${limit} seats of the plan ${planName} are taken. Upgrade the plan (${urlOf('site', '/#plans')}), or remove somebody first.`,
  );
}

type Invited = {
  outcomeOf: Map<string, Outcome>;
  sent: SentInvitation[];
  seats: Seats;
  /** Seconds after which the addresses that were too many can be invited. */
  retryAfter: number;
};

async function invite(ctx: TenantContext, emails: readonly string[], role: Role): Promise<Invited> {
  const { db: reading } = pool('platform');
  await assertVerified(reading, ctx);
  // What would be refused anyway is not counted; and nobody's lock is held while the counter is asked.
  const { facts: likely } = await readFacts(reading, ctx, emails);
  const outcomeOf = planInvitations(emails, likely);
  let retryAfter = 0;
  for (const [email, outcome] of outcomeOf) {
    const denied = outcome === 'invited' ? await countMail(ctx, email) : null;
    if (denied === null) continue;
    outcomeOf.set(email, 'rate_limited');
    retryAfter = Math.max(retryAfter, denied);
  }
  const counted = emails.filter((email) => outcomeOf.get(email) === 'invited');
  return withPlatform(async (db) => {
    await lockOpenTenant(db, ctx);
    const { facts, expired, seats } = await readFacts(db, ctx, counted);
    const sent: SentInvitation[] = [];
    for (const [email, outcome] of planInvitations(counted, facts)) {
      outcomeOf.set(email, outcome);
      if (outcome !== 'invited') continue;
      const old = expired.get(email);
      const invitation = await send(db, ctx, { id: old?.id ?? newId(), email, role });
      await emit(db, ctx, {
        action: 'member.invite',
        target: { kind: 'invitation', id: invitation.id },
        ...(old && { before: { role: old.role, expiresAt: old.expiresAt.toISOString() } }),
        after: { email, role, expiresAt: invitation.expiresAt },
      });
      sent.push(invitation);
    }
    return { outcomeOf, sent, seats, retryAfter };
  });
}

type OldInvitation = { id: string; role: Role; expiresAt: Date };

async function readFacts(
  db: Db,
  ctx: TenantContext,
  emails: readonly string[],
): Promise<{ facts: InvitingFacts; expired: Map<string, OldInvitation>; seats: Seats }> {
  const seats = await getSeats(db, ctx.tenant.id);
  const members = await membersAmong(db, ctx, emails);
  const { id, email, role, expiresAt } = invitations;
  const open = await db
    .select({ id, email, role, expiresAt, expired: sql<boolean>`${expiresAt} <= now()` })
    .from(invitations)
    .where(and(isOpen(ctx), inArray(email, [...emails])));
  const invited = new Set(open.filter((row) => !row.expired).map((row) => row.email));
  const expired = new Map(open.filter((row) => row.expired).map((row) => [row.email, row]));
  return { facts: { members, invited, seats }, expired, seats };
}

/** Writes an invitation with a new token and mails it; one that is there already, by its id, is renewed. */
async function send(
  db: Db,
  ctx: TenantContext,
  { id, email, role }: { id: string; email: string; role: Role },
): Promise<SentInvitation> {
  const token = randomBytes(32).toString('base64url');
  const fresh = {
    role,
    tokenHash: hashInvitationToken(token),
    invitedBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
    sentAt: sql`now()`,
    expiresAt: sql`now() + make_interval(days => ${INVITATION_DAYS})`,
  };
  const [row] = await db
    .insert(invitations)
    .values({ tenantId: ctx.tenant.id, id, email, ...fresh })
    .onConflictDoUpdate({ target: [invitations.tenantId, invitations.id], set: fresh })
    .returning({ sentAt: invitations.sentAt, expiresAt: invitations.expiresAt });
  if (!row) throw new Error('an invitation that was just written is not there');
  const facts = { name: ctx.tenant.name, host: hostOf(ctx.tenant), by: nameOf(ctx), role };
  const link = urlOf('cloud', `/invitations/accept?token=${token}`);
  await queueMail(db, invitationMail(email, { ...facts, link, days: INVITATION_DAYS }));
  return { id, email, role, sentAt: row.sentAt.toISOString(), expiresAt: row.expiresAt.toISOString() };
}

async function findOpen(db: Db, ctx: TenantContext, id: string) {
  const { email, role, sentAt, expiresAt } = invitations;
  const [row] = await db
    .select({
      id: invitations.id,
      email,
      role,
      expiresAt,
      expired: sql<boolean>`${expiresAt} <= now()`,
      wait: sql<number>`ceil(${RESEND_AFTER_SECONDS} - extract(epoch from now() - ${sentAt}))::int`,
    })
    .from(invitations)
    .where(and(isOpen(ctx), eq(invitations.id, id)))
    .for('update');
  return row;
}

async function membersAmong(
  db: Db,
  ctx: TenantContext,
  emails: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.tenantId, ctx.tenant.id), inArray(users.email, [...emails])));
  return new Set(rows.map((row) => row.email));
}

/** The tenant's row, locked: of two invitations at once for the last seat the second finds it taken. */
async function lockOpenTenant(db: Db, ctx: TenantContext): Promise<void> {
  const { status } = await lockTenant(db, ctx.tenant.id);
  if (status === 'suspended') throw new AppError('tenant_suspended');
  if (status === 'deleting') throw new AppError('tenant_deleting');
}

async function assertVerified(db: Db, ctx: TenantContext): Promise<void> {
  if (await isVerifiedInviter(db, ctx)) return;
  throw new AppError(
    'forbidden',
    'Confirm your own e-mail address first: invitations are sent in your name.',
  );
}

/** Counts a mail against the workspace and against the address that gets it. Seconds to wait where it is too many, or null. */
async function countMail(ctx: TenantContext, email: string): Promise<number | null> {
  const own = await consume('invitation:tenant', ctx.tenant.id);
  if (!own.allowed) return own.retryAfter;
  // Apart from the mails that a person asks for: nobody's invitations keep them from a sign-in link.
  const theirs = await consume('mail:account', `invitation ${email}`);
  return theirs.allowed ? null : theirs.retryAfter;
}

function tooMany(retryAfter: number): AppError {
  return new AppError('rate_limited', 'Too many invitations within the hour. Try later.', [], retryAfter);
}

function isOpen(ctx: TenantContext) {
  return and(
    eq(invitations.tenantId, ctx.tenant.id),
    isNull(invitations.acceptedAt),
    isNull(invitations.revokedAt),
  );
}
