import { and, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { pool } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import type { Session } from '@/lib/auth/sessions';
import { hostOf } from '@/lib/gateway/hosts';
import { isUuid } from '@/lib/ids';
import { currentClient } from '@/lib/log';
import { consume } from '@/lib/rate-limit/limit';
import { hashInvitationToken } from '@/lib/workflows/invitations/mutations';
import { isToken } from './rules';
import type { Invitation, OpenedInvitation } from './schema';

/** What a mailed link leads to. Changes nothing: mailboxes follow links before people do. */
export async function openInvitation(token: unknown): Promise<OpenedInvitation> {
  const { ip } = currentClient();
  if (ip !== null && !(await consume('invitation:ip', ip)).allowed) return { kind: 'wait' };
  if (typeof token !== 'string' || !isToken(token)) return { kind: 'unusable' };
  return toOpened(await findInvitation(eq(invitations.tokenHash, hashInvitationToken(token))));
}

/** An invitation by its id, for the person whose confirmed address it is. For everybody else it is `unusable`. */
export async function openOwnInvitation(session: Session, id: string): Promise<OpenedInvitation> {
  if (!isUuid(id)) return { kind: 'unusable' };
  const isTheirs = sql`exists (select 1 from ${users} where ${and(
    eq(users.id, session.userId),
    eq(users.email, invitations.email),
    isNotNull(users.emailVerifiedAt),
  )})`;
  return toOpened(await findInvitation(and(eq(invitations.id, id), isTheirs)));
}

/** Of an invitation and its tenant: that it can still be accepted. */
export function canBeAccepted(): SQL | undefined {
  return and(
    isNull(invitations.acceptedAt),
    isNull(invitations.revokedAt),
    gt(invitations.expiresAt, sql`now()`),
    eq(tenants.status, 'active'),
  );
}

async function findInvitation(which: SQL | undefined): Promise<Invitation | null> {
  const inviter = alias(users, 'inviter');
  const invitee = alias(users, 'invitee');
  const [row] = await pool('platform')
    .db.select({
      slug: tenants.slug,
      workspace: tenants.name,
      role: invitations.role,
      email: invitations.email,
      invitedBy: inviter.name,
      invitee: invitee.id,
    })
    .from(invitations)
    .innerJoin(tenants, eq(tenants.id, invitations.tenantId))
    .leftJoin(inviter, eq(inviter.id, invitations.invitedBy))
    .leftJoin(invitee, eq(invitee.email, invitations.email))
    .where(and(which, canBeAccepted()));
  if (!row) return null;
  const { slug, invitee: account, ...shown } = row;
  return { ...shown, host: hostOf({ slug }), hasAccount: account !== null };
}

function toOpened(invitation: Invitation | null): OpenedInvitation {
  return invitation ? { kind: 'open', invitation } : { kind: 'unusable' };
}
