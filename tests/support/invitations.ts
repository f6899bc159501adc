import { desc, eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import type { PlanId } from '@/lib/plans/plans';
import { makeTenant, type TestTenant, unique } from './factories';

/** A tenant on a plan with seats to spare, whose admin may invite: their address is confirmed. */
export async function makeInvitingTenant(plan: PlanId = 'pro'): Promise<TestTenant> {
  const tenant = await makeTenant();
  await confirmAddress(tenant.admin.userId);
  await pool('platform').db.update(tenants).set({ plan }).where(eq(tenants.id, tenant.id));
  return tenant;
}

/** As if the person had followed a link that was mailed to them. */
export async function confirmAddress(userId: string): Promise<void> {
  await pool('platform').db.update(users).set({ emailVerifiedAt: sql`now()` }).where(eq(users.id, userId));
}

/** An address that nobody has. */
export function someAddress(): string {
  return `invitee-${unique()}@example.com`;
}

/** The mails to an address, the newest first. */
export async function mailsTo(email: string): Promise<{ subject: string; text: string; html: string }[]> {
  const { subject, text, html, createdAt, toAddress } = mailOutbox;
  return pool('platform')
    .db.select({ subject, text, html })
    .from(mailOutbox)
    .where(eq(toAddress, email))
    .orderBy(desc(createdAt));
}

/** The token of the newest invitation that was mailed to an address. */
export async function mailedToken(email: string): Promise<string> {
  const [mail] = await mailsTo(email);
  const token = /\/invitations\/accept\?token=([\w-]{43})(?![\w-])/.exec(mail?.text ?? '')?.[1];
  if (!token) throw new Error(`No invitation was mailed to ${email}`);
  return token;
}
