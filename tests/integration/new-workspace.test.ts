import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { sessions, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform, withTenant } from '@/db/tenant';
import { parseApiKey, verifyApiKey } from '@/lib/auth/api-key';
import type { Session } from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import { listWaitingInvitations, listWorkspaces } from '@/lib/members/queries';
import { createWorkspace } from '@/lib/workflows/new-workspace/mutations';
import { makePerson, makeTenant, type TestPerson, type TestTenant, unique } from '@/tests/support/factories';

const { db } = pool('platform');
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await makeTenant();
});

const sessionOf = ({ sessionId, userId, email }: TestPerson): Session => ({
  sessionId,
  userId,
  email,
  name: 'Ben Test',
  isEmailVerified: false,
  startedAt: new Date(),
});
const named = (slug = `team-${unique()}`) => ({ slug, tenantName: `Team ${slug}` });

describe('createWorkspace', () => {
  test('makes the signed-in person the admin of a further workspace with a key, and opens no session', async () => {
    const person = await makePerson(tenant, 'viewer');
    const input = named();
    const made = await createWorkspace(sessionOf(person), input, 'req_new');
    expect(made.tenant).toMatchObject({ slug: input.slug, name: input.tenantName, status: 'active' });
    const parsed = parseApiKey(made.apiKey);
    expect(parsed && (await verifyApiKey(parsed))).toMatchObject({
      tenantId: made.tenant.id,
      creatorRole: 'admin',
    });
    expect((await listWorkspaces(person.userId)).map(({ slug, role }) => ({ slug, role }))).toEqual(
      expect.arrayContaining([
        { slug: input.slug, role: 'admin' },
        { slug: tenant.slug, role: 'viewer' },
      ]),
    );
    expect(await db.$count(sessions, eq(sessions.userId, person.userId))).toBe(1);
    const rows = await withTenant(made, (tx) =>
      tx.execute<Record<string, unknown>>(
        sql`select action, actor_id, actor_email, request_id from audit_log order by id`,
      ),
    );
    expect(rows.map(({ action }) => action)).toEqual(['tenant.create', 'member.add', 'api_key.create']);
    for (const row of rows)
      expect(row).toMatchObject({
        actor_id: person.userId,
        actor_email: person.email,
        request_id: 'req_new',
      });
  });

  test('gives one of several who want the same name what they want, and the others nothing', async () => {
    const people = await Promise.all([1, 2, 3].map(() => makePerson(tenant, 'viewer')));
    const input = named();
    const results = await Promise.allSettled(
      people.map((person) => createWorkspace(sessionOf(person), input, 'req')),
    );
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused)
      expect(error).toMatchObject({ code: 'conflict', issues: [{ path: 'slug' }] });
    for (const [index, { userId }] of people.entries())
      expect(await listWorkspaces(userId)).toHaveLength(results[index]?.status === 'fulfilled' ? 2 : 1);
    expect(await db.$count(tenants, eq(tenants.slug, input.slug))).toBe(1);
  });
});

describe('listWorkspaces', () => {
  test('puts the last visited first, then those never visited by name', async () => {
    const person = await makePerson(tenant, null);
    const of = (lastActiveAt: Date | null, name: string) => ({ lastActiveAt, name });
    const all = [
      of(null, 'Beta'),
      of(new Date('2026-01-01T00:00:00Z'), 'Old'),
      of(null, 'Alpha'),
      of(new Date('2026-02-01T00:00:00Z'), 'New'),
    ];
    for (const { name, lastActiveAt } of all) {
      const { id } = await makeTenant({ tenantName: name });
      await db
        .insert(memberships)
        .values({ tenantId: id, userId: person.userId, role: 'analyst', lastActiveAt });
    }
    expect((await listWorkspaces(person.userId)).map(({ name, lastVisit }) => [name, lastVisit])).toEqual([
      ['New', '2026-02-01T00:00:00.000Z'],
      ['Old', '2026-01-01T00:00:00.000Z'],
      ['Alpha', null],
      ['Beta', null],
    ]);
  });
});

describe('listWaitingInvitations', () => {
  /** A person whose address is proved, and an invitation for it that can be accepted. */
  async function invited(given: Partial<typeof invitations.$inferInsert> = {}) {
    const person = await makePerson(tenant, null);
    await withPlatform((tx) =>
      tx.update(users).set({ emailVerifiedAt: new Date() }).where(eq(users.id, person.userId)),
    );
    const host = await makeTenant();
    const row = {
      tenantId: host.id,
      id: newId(),
      email: person.email,
      role: 'analyst' as const,
      tokenHash: unique(),
      expiresAt: new Date(Date.now() + 60_000),
      ...given,
    };
    await db.insert(invitations).values(row);
    return { person, host, row };
  }

  test('shows what waits for the own address', async () => {
    const { person, host, row } = await invited();
    expect(await listWaitingInvitations(person.userId)).toEqual([
      { id: row.id, tenantName: host.name, role: 'analyst', expiresAt: row.expiresAt.toISOString() },
    ]);
    expect(await listWaitingInvitations((await makePerson(tenant, null)).userId)).toEqual([]);
  });

  test.each([
    ['has expired', { expiresAt: new Date(Date.now() - 1_000) }],
    ['was revoked', { revokedAt: new Date() }],
    ['was accepted', { acceptedAt: new Date() }],
    ['is somebody else’s', { email: `else-${unique()}@example.com` }],
  ])('shows none that %s', async (_, given) => {
    const { person } = await invited(given);
    expect(await listWaitingInvitations(person.userId)).toEqual([]);
  });

  test('shows none to an address that is not proved, to a member, or of a closed workspace', async () => {
    const unproved = await invited();
    await db.update(users).set({ emailVerifiedAt: null }).where(eq(users.id, unproved.person.userId));
    const member = await invited();
    await db
      .insert(memberships)
      .values({ tenantId: member.host.id, userId: member.person.userId, role: 'viewer' });
    const closed = await invited();
    await withPlatform((tx) =>
      tx.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, closed.host.id)),
    );
    for (const { person } of [unproved, member, closed])
      expect(await listWaitingInvitations(person.userId)).toEqual([]);
  });
});
