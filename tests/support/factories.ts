import { randomBytes } from 'node:crypto';
import { inArray } from 'drizzle-orm';
import { pool } from '@/db/client';
import { users } from '@/db/schema/people';
import { withOwner, withPlatform } from '@/db/tenant';
import { createApiKey } from '@/lib/api-keys/mutations';
import { type CreateApiKeyInput, usualScopes } from '@/lib/api-keys/schema';
import { parseApiKey } from '@/lib/auth/api-key';
import type { Role } from '@/lib/auth/schema';
import { encodeSessionToken, sessionCookie } from '@/lib/auth/session-cookie';
import { openSession } from '@/lib/auth/sessions';
import { hostOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import type { OperatorContext, TenantContext } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { signUp } from '@/lib/workflows/sign-up/mutations';
import { signUpInput } from '@/lib/workflows/sign-up/schema';

export type TestPerson = {
  userId: string;
  email: string;
  role: Role;
  sessionId: string;
  /** The value of the session cookie. */
  token: string;
  /** The Cookie header. */
  cookie: string;
  ctx: TenantContext;
};

export type TestKey = { key: string; keyId: string; ctx: TenantContext };

export type TestTenant = TenantEntry & {
  /** Host header of the tenant's own surface. */
  host: string;
  admin: TestPerson;
  /** The first key, as sign-up makes it. */
  firstKey: TestKey;
  /** The tenant as the system acts on it. */
  ctx: TenantContext;
};

export const password = 'correct horse battery';

/** Six random letters and digits, so that suites never meet in a name. */
export function unique(): string {
  return randomBytes(4).toString('hex');
}

/** A valid input of a sign-up, with a slug and an address that nobody has. */
export function signUpData(given: Partial<Record<'slug' | 'email' | 'name' | 'tenantName', string>> = {}) {
  const id = unique();
  return signUpInput.parse({
    name: 'Ada Test',
    email: `ada-${id}@example.com`,
    password,
    tenantName: `Team ${id}`,
    slug: `team-${id}`,
    ...given,
  });
}

/** A tenant with its admin and first key, by the verb that makes real ones. */
export async function makeTenant(given: Parameters<typeof signUpData>[0] = {}): Promise<TestTenant> {
  const input = signUpData(given);
  const { tenant, session, apiKey } = await signUp(input, 'test');
  const admin = await toPerson(tenant, {
    userId: session.sub,
    email: input.email,
    role: 'admin',
    sessionId: session.sid,
  });
  return {
    ...tenant,
    host: hostOf(tenant),
    admin,
    firstKey: toKey(tenant, apiKey),
    ctx: { tenant, actor: { kind: 'system', name: 'test' }, requestId: 'test' },
  };
}

/** A signed-in person with a role in the tenant; `role` null makes one who belongs to no tenant. */
export async function makePerson(tenant: TestTenant, role: Role | null): Promise<TestPerson> {
  const userId = newId();
  const email = `person-${unique()}@example.com`;
  const session = await withOwner(async (db) => {
    await db.insert(users).values({ id: userId, email, name: 'Ben Test' });
    if (role) await addMember(db, tenant.ctx, { userId, role });
    return openSession(db, userId, { method: 'password' });
  });
  return toPerson(toEntry(tenant), { userId, email, role: role ?? 'viewer', sessionId: session.sid });
}

/** A person who runs the platform. */
export type TestOperator = {
  userId: string;
  email: string;
  token: string;
  cookie: string;
  ctx: OperatorContext;
};

/** A signed-in operator, who belongs to no tenant. */
export async function makeOperator(): Promise<TestOperator> {
  const id = newId();
  const email = `operator-${unique()}@example.com`;
  const { sid } = await withPlatform(async (db) => {
    const isOperator = true;
    await db.insert(users).values({ id, email, name: 'Olga Test', isOperator, emailVerifiedAt: new Date() });
    return openSession(db, id, { method: 'password' });
  });
  const token = await encodeSessionToken({ sid, sub: id });
  const operator = { kind: 'user', id, email, sessionId: sid } as const;
  const cookie = `${sessionCookie().name}=${token}`;
  return { userId: id, email, token, cookie, ctx: { operator, requestId: 'test' } };
}

/** Notes that people have shown that their addresses are theirs, as following a mailed link does. */
export async function confirmAddresses(...people: readonly Pick<TestPerson, 'userId'>[]): Promise<void> {
  await pool('platform')
    .db.update(users)
    .set({ emailVerifiedAt: new Date() })
    .where(
      inArray(
        users.id,
        people.map(({ userId }) => userId),
      ),
    );
}

/** Another key of the tenant, made by its admin unless told. */
export async function makeKey(
  tenant: TestTenant,
  given: Partial<CreateApiKeyInput> = {},
  by: TestPerson = tenant.admin,
): Promise<TestKey> {
  const { key, scopes } = await createApiKey(by.ctx, { name: 'Test key', ...given });
  return toKey(toEntry(tenant), key, { scopes, creatorRole: given.service ? null : by.role });
}

async function toPerson(
  tenant: TenantEntry,
  person: Pick<TestPerson, 'userId' | 'email' | 'role' | 'sessionId'>,
): Promise<TestPerson> {
  const token = await encodeSessionToken({ sid: person.sessionId, sub: person.userId });
  const { userId, email, role } = person;
  return {
    ...person,
    token,
    cookie: `${sessionCookie().name}=${token}`,
    ctx: { tenant, actor: { kind: 'user', userId, email, name: 'Test', role }, requestId: 'test' },
  };
}

function toKey(
  tenant: TenantEntry,
  key: string,
  rights: { scopes: readonly string[]; creatorRole: Role | null } = {
    scopes: usualScopes,
    creatorRole: 'admin',
  },
): TestKey {
  const parsed = parseApiKey(key);
  if (!parsed) throw new Error('a fresh key does not parse');
  const actor = { kind: 'api-key', keyId: parsed.keyId, ...rights } as const;
  return { key, keyId: parsed.keyId, ctx: { tenant, actor, requestId: 'test' } };
}

function toEntry({ id, slug, name, status }: TestTenant): TenantEntry {
  return { id, slug, name, status, readOnlySince: null };
}
