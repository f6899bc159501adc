import { eq } from 'drizzle-orm';
import { pool } from '@/db/client';
import { credentials, users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { withOwner } from '@/db/tenant';
import { hashPassword } from '@/lib/auth/passwords';
import type { Role } from '@/lib/auth/schema';
import { newId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { signUp } from '@/lib/workflows/sign-up/mutations';
import { seedTraces } from './traces';

/** Known to everybody who reads this file: embedded mode listens on loopback alone. */
const PASSWORD = 'grounded-answers';

/** What `npm start` prints: who may sign in where, and the key to send the first trace with. */
export type Demo = {
  people: { email: string; password: string; role: Role; tenant: string }[];
  apiKey: string;
  apiKeyTenant: string;
};

type DemoTenant = {
  slug: string;
  name: string;
  people: { email: string; name: string; role: Role }[];
  /** How many traces of the demo program it has, and the seed that makes them differ from the other's. */
  traces: { count: number; seed: number };
};

/** The first of each tenant signs up. Ada belongs to both, so that the picker of cloud has something to show. */
const demoTenants: readonly DemoTenant[] = [
  {
    slug: 'acme-corp',
    name: 'Acme Corp',
    people: [
      { email: 'ada@acme-corp.example', name: 'Ada Okafor', role: 'admin' },
      { email: 'ben@acme-corp.example', name: 'Ben Lindqvist', role: 'analyst' },
      { email: 'chloe@acme-corp.example', name: 'Chloé Marchetti', role: 'viewer' },
    ],
    traces: { count: 360, seed: 20_260_101 },
  },
  {
    slug: 'test-tenant',
    name: 'Test Tenant',
    people: [
      { email: 'dora@test-tenant.example', name: 'Dora Weiss', role: 'admin' },
      { email: 'ada@acme-corp.example', name: 'Ada Okafor', role: 'analyst' },
      { email: 'emil@test-tenant.example', name: 'Emil Novak', role: 'viewer' },
    ],
    traces: { count: 320, seed: 20_260_202 },
  },
];

/**
 * Fills an empty database with the demo tenants, by the same verbs that serve requests. Null when there are tenants:
 * a database that is in use is never touched. Safe to repeat after a crash in the middle only on an empty database.
 */
export async function seed(): Promise<Demo | null> {
  const [any] = await pool('platform').db.select({ id: tenants.id }).from(tenants).limit(1);
  if (any) return null;
  const demo: Demo = { people: [], apiKey: '', apiKeyTenant: '' };
  for (const tenant of demoTenants) {
    const { ctx, apiKey } = await seedTenant(tenant);
    demo.people.push(
      ...tenant.people.map(({ email, role }) => ({ email, password: PASSWORD, role, tenant: tenant.slug })),
    );
    if (tenant.slug === 'acme-corp') Object.assign(demo, { apiKey, apiKeyTenant: tenant.slug });
    await seedTraces(ctx, tenant.traces);
  }
  return demo;
}

async function seedTenant({
  slug,
  name,
  people,
}: DemoTenant): Promise<{ ctx: TenantContext; apiKey: string }> {
  const [first, ...others] = people;
  if (!first) throw new Error('A demo tenant needs a person');
  const { tenant, apiKey } = await signUp(
    { name: first.name, email: first.email, password: PASSWORD, tenantName: name, slug },
    'seed',
  );
  const ctx: TenantContext = { tenant, actor: { kind: 'system', name: 'seed' }, requestId: 'seed' };
  const passwordHash = await hashPassword(PASSWORD);
  await withOwner(async (db) => {
    for (const person of others) {
      const [known] = await db.select({ id: users.id }).from(users).where(eq(users.email, person.email));
      const userId = known?.id ?? newId();
      if (!known) {
        await db.insert(users).values({ id: userId, email: person.email, name: person.name });
        await db.insert(credentials).values({ userId, passwordHash });
      }
      await addMember(db, ctx, { userId, role: person.role });
    }
  });
  return { ctx, apiKey };
}
