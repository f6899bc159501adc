import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { withOwner, withTenant } from '@/db/tenant';
import { parseApiKey, verifyApiKey } from '@/lib/auth/api-key';
import { verifyPassword } from '@/lib/auth/passwords';
import { encodeSessionToken } from '@/lib/auth/session-cookie';
import * as sessions from '@/lib/auth/sessions';
import { newId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { listWorkspaces } from '@/lib/members/queries';
import { createTenant } from '@/lib/tenants/mutations';
import { checkSlugAvailability } from '@/lib/tenants/queries';
import { signUp } from '@/lib/workflows/sign-up/mutations';
import { signUpInput } from '@/lib/workflows/sign-up/schema';
import { password, signUpData, unique } from '@/tests/support/factories';

vi.mock('@/lib/auth/sessions', { spy: true });
beforeEach(() => {
  vi.mocked(sessions.openSession).mockClear();
});

/** What the database holds of a sign-up: a count for each place. */
async function traceOf(input: { slug: string; email: string }) {
  const { sql: owner } = pool('owner');
  const [row] = await owner<Record<string, number>[]>`
    with person as (select id from users where email = ${input.email}),
      tenant as (select id from tenants where slug = ${input.slug})
    select
      (select count(*)::int from person) as users,
      (select count(*)::int from credentials where user_id in (select id from person)) as credentials,
      (select count(*)::int from sessions where user_id in (select id from person)) as sessions,
      (select count(*)::int from tenant) as tenants,
      (select count(*)::int from memberships where tenant_id in (select id from tenant)) as memberships,
      (select count(*)::int from api_keys where tenant_id in (select id from tenant)) as keys,
      (select count(*)::int from audit_log where after->>'slug' = ${input.slug}) as audit,
      (select count(*)::int from pg_namespace where obj_description(oid, 'pg_namespace') = ${input.slug}) as schemas`;
  return row;
}

const whole = {
  users: 1,
  credentials: 1,
  sessions: 1,
  tenants: 1,
  memberships: 1,
  keys: 1,
  audit: 1,
  schemas: 1,
};
const nothing = Object.fromEntries(Object.keys(whole).map((place) => [place, 0]));

describe('signUp', () => {
  test('makes a person, their workspace with its schema, a key and a session', async () => {
    const input = signUpData();
    const { tenant, session, apiKey } = await signUp(input, 'req_1');
    expect(await traceOf(input)).toEqual(whole);
    expect(tenant).toEqual({
      id: expect.any(String),
      slug: input.slug,
      name: input.tenantName,
      status: 'active',
    });

    const schema = tenantSchemaName(toTenantId(tenant.id));
    const partitions = await pool('owner').sql<{ name: string }[]>`
      select c.relname as name from pg_class c join pg_inherits i on i.inhrelid = c.oid
      where c.relnamespace = ${schema}::regnamespace and c.relkind = 'r'`;
    expect(partitions.map((one) => one.name)).toContain('traces');

    const cookie = await encodeSessionToken(session);
    expect(await sessions.readTenantSession(cookie, tenant.id)).toMatchObject({
      email: input.email,
      role: 'admin',
    });
    const parsed = parseApiKey(apiKey);
    expect(parsed && (await verifyApiKey(parsed))).toMatchObject({ tenantId: tenant.id });
    // The visit is noted while the answer is already on its way.
    await expect
      .poll(() => listWorkspaces(session.sub), { timeout: 10_000 })
      .toEqual([
        {
          tenantId: tenant.id,
          slug: input.slug,
          name: input.tenantName,
          role: 'admin',
          url: `http://${input.slug}.ragtoolkit.localhost:3000/`,
          lastVisit: expect.any(String),
        },
      ]);
  });

  test('stores neither the password nor the key', async () => {
    const input = signUpData();
    const { tenant, session, apiKey } = await signUp(input, 'req_1');
    const { sql: owner } = pool('owner');
    const [stored] = await owner<{ hash: string }[]>`
      select password_hash as hash from credentials where user_id = ${session.sub}`;
    expect(stored?.hash).toMatch(/^\$argon2id\$/);
    expect(await verifyPassword(password, stored?.hash ?? null)).toBe(true);
    const [key] = await owner<{ row: string; hash: Buffer }[]>`
      select row_to_json(k)::text as row, secret_hash as hash from api_keys k where tenant_id = ${tenant.id}`;
    const secret = parseApiKey(apiKey)?.secret ?? Buffer.alloc(16);
    expect(key?.row).not.toContain(secret.toString('hex'));
    expect(key?.hash.includes(secret)).toBe(false);
  });

  test('writes down who made what, in which request', async () => {
    const input = signUpData();
    const { tenant, session } = await signUp(input, 'req_audit');
    const rows = await withTenant({ tenant }, (db) =>
      db.execute<Record<string, unknown>>(
        sql`select action, actor_kind, actor_id, actor_email, target_id, after, request_id from audit_log order by id`,
      ),
    );
    expect(rows.map((row) => row.action)).toEqual(['tenant.create', 'member.add', 'api_key.create']);
    for (const row of rows)
      expect(row).toMatchObject({
        actor_kind: 'user',
        actor_id: session.sub,
        actor_email: input.email,
        request_id: 'req_audit',
      });
    expect(JSON.stringify(rows)).not.toMatch(/rtk_|argon2|secret_?hash|password/i);
  });

  test('leaves nothing behind when its last step fails', async () => {
    const input = signUpData();
    vi.mocked(sessions.openSession).mockImplementationOnce(async (db) => {
      // All that came before is there, in this transaction: what follows proves the rollback.
      const [row] = await db.execute<{ schemas: number }>(
        sql`select count(*)::int as schemas from pg_namespace where obj_description(oid, 'pg_namespace') = ${input.slug}`,
      );
      expect(row?.schemas).toBe(1);
      throw new Error('in the end');
    });
    await expect(signUp(input, 'req_1')).rejects.toThrow('in the end');
    expect(await traceOf(input)).toEqual(nothing);
    await signUp(input, 'req_2');
    expect(await traceOf(input)).toEqual(whole);
  });

  test('leaves nothing behind when the schema cannot be made', async () => {
    const id = newId();
    await withOwner((db) => db.execute(sql.raw(`create schema ${tenantSchemaName(toTenantId(id))}`)));
    const slug = `team-${unique()}`;
    const actor = { kind: 'system', name: 'test' } as const;
    await expect(
      withOwner((db) => createTenant(db, { id, slug, name: 'x' }, { actor, requestId: 'req' })),
    ).rejects.toMatchObject({ cause: { code: '42P06' } });
    expect(await traceOf({ slug, email: '' })).toEqual(nothing);
    await withOwner((db) => db.execute(sql.raw(`drop schema ${tenantSchemaName(toTenantId(id))}`)));
  });

  test.each([
    ['slug', () => ({ slug: `team-${unique()}` })],
    ['email', () => ({ email: `ada-${unique()}@example.com` })],
  ] as const)('gives one of several who want the same %s at once what they want', async (field, same) => {
    const given = same();
    const inputs = Array.from({ length: 4 }, () => signUpData(given));
    const results = await Promise.allSettled(inputs.map((input) => signUp(input, 'req')));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(3);
    for (const error of refused)
      expect(error).toMatchObject({ code: 'conflict', status: 409, issues: [{ path: field }] });

    const traces = await Promise.all(inputs.map(traceOf));
    const winner = results.findIndex((result) => result.status === 'fulfilled');
    expect(traces[winner]).toEqual(whole);
    for (const [index, trace] of traces.entries()) {
      if (index === winner) continue;
      // Nothing of the losers, but for what they share with the winner by name.
      const own =
        field === 'slug'
          ? ['users', 'credentials', 'sessions']
          : ['tenants', 'memberships', 'keys', 'audit', 'schemas'];
      for (const place of own) expect(trace?.[place]).toBe(0);
    }
  });

  test('says that a taken name and a taken address are taken', async () => {
    const taken = signUpData();
    await signUp(taken, 'req');
    await expect(signUp(signUpData({ slug: taken.slug }), 'req')).rejects.toMatchObject({
      issues: [{ path: 'slug' }],
    });
    await expect(signUp(signUpData({ email: taken.email.toUpperCase() }), 'req')).rejects.toMatchObject({
      issues: [{ path: 'email' }],
    });
  });
});

describe('signUpInput', () => {
  test('refuses what cannot be, field by field', () => {
    const result = signUpInput.safeParse({
      name: ' ',
      email: 'x',
      password: 'short',
      tenantName: '',
      slug: 'www',
    });
    expect(result.error?.issues.map((issue) => issue.path.join('.')).sort()).toEqual([
      'email',
      'name',
      'password',
      'slug',
      'tenantName',
    ]);
  });
});

describe('checkSlugAvailability', () => {
  test('knows the free, the taken and the impossible', async () => {
    const { slug } = await signUp(signUpData(), 'req').then(({ tenant }) => tenant);
    expect(await checkSlugAvailability(slug)).toEqual({
      available: false,
      reason: expect.stringMatching(/taken/),
    });
    expect(await checkSlugAvailability(`free-${unique()}`)).toEqual({ available: true, reason: null });
    expect(await checkSlugAvailability('www')).toEqual({ available: false, reason: expect.any(String) });
  });
});
