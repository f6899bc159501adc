import { and, eq, isNull, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { credentials, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { insertApiKey } from '@/lib/api-keys/mutations';
import { emit } from '@/lib/audit/emit';
import { hashPassword } from '@/lib/auth/passwords';
import type { Role } from '@/lib/auth/schema';
import { newId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import type { PlanId } from '@/lib/plans/plans';
import type { TenantContext } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { changePlan } from '@/lib/tenants/mutations';
import { inviteList } from '@/lib/workflows/invitations/mutations';
import { signUp } from '@/lib/workflows/sign-up/mutations';
import { seedEvaluations } from './evaluations';
import { seedFeedback } from './feedback';
import { seedTraces } from './traces';

/** Known to everybody who reads this file: embedded mode listens on loopback alone. */
const PASSWORD = 'grounded-answers';

/** What `npm start` prints: who may sign in where, and the key to send the first trace with. */
export type Demo = {
  people: { email: string; password: string; role: Role | 'operator'; tenant: string }[];
  apiKey: string;
  apiKeyTenant: string;
};

type DemoTenant = {
  slug: string;
  name: string;
  plan: PlanId;
  people: { email: string; name: string; role: Role }[];
  /** Addresses with an open invitation. */
  invited: string[];
  /** How many traces of the demo program it has, and the seed that makes them differ from the other's. */
  traces: { count: number; seed: number };
};

/**
 * The first of each tenant signs up. Ada belongs to both, so that the picker of cloud has something to show. Acme Corp has
 * seats left and an open invitation; Test Tenant's are all taken.
 */
const demoTenants: readonly DemoTenant[] = [
  {
    slug: 'acme-corp',
    name: 'Acme Corp',
    plan: 'pro',
    people: [
      { email: 'ada@acme-corp.example', name: 'Ada Okafor', role: 'admin' },
      { email: 'ben@acme-corp.example', name: 'Ben Lindqvist', role: 'analyst' },
      { email: 'chloe@acme-corp.example', name: 'Chloé Marchetti', role: 'viewer' },
    ],
    invited: ['farid@acme-corp.example'],
    traces: { count: 360, seed: 20_260_101 },
  },
  {
    slug: 'test-tenant',
    name: 'Test Tenant',
    plan: 'starter',
    people: [
      { email: 'dora@test-tenant.example', name: 'Dora Weiss', role: 'admin' },
      { email: 'ada@acme-corp.example', name: 'Ada Okafor', role: 'analyst' },
      { email: 'emil@test-tenant.example', name: 'Emil Novak', role: 'viewer' },
    ],
    invited: [],
    traces: { count: 320, seed: 20_260_202 },
  },
];

/** Runs the platform, and belongs to no tenant. */
const operator = { email: 'olga@ragtoolkit.example', name: 'Olga Petrova' };

/** The tenant whose key is printed. */
const KEY_TENANT = 'acme-corp';
const FINISHED = 'demo.seed';

/**
 * Fills an empty database with the demo tenants, by the same verbs that serve requests, and goes on where a killed run
 * left off. Null when that is done, or when the tenants are not the demo's: a database in use is never touched.
 * `newKey` makes another demo key, for when what an earlier run answered was lost.
 */
export async function seed({ newKey = false } = {}): Promise<Demo | null> {
  const existing = await pool('platform').db.select({ slug: tenants.slug }).from(tenants).limit(100);
  if (existing.length > 0 && !existing.some(({ slug }) => slug === KEY_TENANT)) return null;
  const finished = existing.length > 0 && (await isFinished());
  if (finished && !newKey) return null;
  if (!finished)
    for (const tenant of demoTenants) {
      const ctx = await seedTenant(tenant);
      await seedTraces(ctx, tenant.traces);
      await seedEvaluations(ctx, tenant.traces);
      await seedFeedback(ctx);
    }
  await seedOperator();
  const staff = { email: operator.email, password: PASSWORD, role: 'operator', tenant: '' } as const;
  return { ...(await issueKey()), people: [...demoTenants.flatMap(toPeople), staff] };
}

function toPeople({ slug, people }: DemoTenant): Demo['people'] {
  return people.map(({ email, role }) => ({ email, password: PASSWORD, role, tenant: slug }));
}

async function isFinished(): Promise<boolean> {
  const [row] = await pool('platform')
    .db.select({ id: auditLog.id })
    .from(auditLog)
    .where(eq(auditLog.action, FINISHED))
    .limit(1);
  return row !== undefined;
}

/** Makes the key that is printed, and notes that the demo data is complete, together. */
async function issueKey(): Promise<Pick<Demo, 'apiKey' | 'apiKeyTenant'>> {
  const tenant = await findTenant(KEY_TENANT);
  if (!tenant) throw new Error(`The demo tenant ${KEY_TENANT} is gone`);
  const ctx = systemContext(tenant);
  return withPlatform(async (db) => {
    const { key } = await insertApiKey(db, ctx, { name: 'Demo key' });
    await emit(db, ctx, { action: FINISHED, target: { kind: 'tenant', id: tenant.id } });
    return { apiKey: key, apiKeyTenant: KEY_TENANT };
  });
}

/** Past the directory, which may remember for some seconds that there is none. */
async function findTenant(slug: string): Promise<TenantEntry | undefined> {
  const [row] = await pool('platform').db.select().from(tenants).where(eq(tenants.slug, slug));
  return row;
}

async function seedOperator(): Promise<void> {
  const passwordHash = await hashPassword(PASSWORD);
  await withPlatform(async (db) => {
    const [made] = await db
      .insert(users)
      .values({ id: newId(), ...operator, isOperator: true, emailVerifiedAt: new Date() })
      .onConflictDoNothing({ target: users.email })
      .returning({ id: users.id });
    if (made) await db.insert(credentials).values({ userId: made.id, passwordHash });
  });
}

const SEED = { kind: 'system', name: 'seed' } as const;

function systemContext(tenant: TenantEntry): TenantContext {
  return { tenant, actor: SEED, requestId: 'seed' };
}

/** The tenant with its people: what is not there yet is made. */
async function seedTenant({ slug, name, plan, people, invited }: DemoTenant): Promise<TenantContext> {
  const [first] = people;
  if (!first) throw new Error('A demo tenant needs a person');
  const signUpInput = { name: first.name, email: first.email, password: PASSWORD, tenantName: name, slug };
  const tenant = (await findTenant(slug)) ?? (await signUp(signUpInput, 'seed')).tenant;
  const ctx = systemContext(tenant);
  const passwordHash = await hashPassword(PASSWORD);
  await withOwner(async (db) => {
    for (const person of people) {
      const [known] = await db.select({ id: users.id }).from(users).where(eq(users.email, person.email));
      const userId = known?.id ?? newId();
      if (!known) {
        await db.insert(users).values({ id: userId, email: person.email, name: person.name });
        await db.insert(credentials).values({ userId, passwordHash });
      }
      const own = and(eq(memberships.tenantId, tenant.id), eq(memberships.userId, userId));
      const [member] = await db.select({ role: memberships.role }).from(memberships).where(own);
      if (!member) await addMember(db, ctx, { userId, role: person.role });
      // Nobody reads their mail to confirm the address.
      await db
        .update(users)
        .set({ emailVerifiedAt: sql`now()` })
        .where(and(eq(users.id, userId), isNull(users.emailVerifiedAt)));
    }
  });
  await changePlan({ actor: SEED, requestId: 'seed' }, { tenantId: tenant.id, plan, reason: 'demo' });
  if (invited.length > 0) await inviteList(ctx, { list: invited.join('\n'), role: 'analyst' });
  return ctx;
}
