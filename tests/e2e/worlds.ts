import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { closePools } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { sessions } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { createApiKey, revokeApiKey } from '@/lib/api-keys/mutations';
import { announceApiKeyChange } from '@/lib/auth/api-key';
import type { Role } from '@/lib/auth/schema';
import { writeFeedback } from '@/lib/feedback/mutations';
import { ingestSpans } from '@/lib/spans/mutations';
import { announceTenantChange } from '@/lib/tenancy/directory';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { inviteMember } from '@/lib/workflows/invitations/mutations';
import {
  confirmAddresses,
  makeKey,
  makePerson,
  makeTenant,
  type TestPerson,
  type TestTenant,
  unique,
} from '../support/factories';
import { makeSpan } from '../support/spans';
import { rootDomain } from './support';

// The verbs run in this process as they do in the server: the same database, secrets and root domain.
process.env.ROOT_DOMAIN = rootDomain;
process.env.LOG_LEVEL = 'silent';

/** What a random world is made from. */
export type WorldPlan = {
  /** The victim's trace, as its client names it. */
  traceId: string;
  /** What the victim writes beside its secret marks. */
  words: string;
  /** The role of the member whose rights are too few, of the one who was removed, and of the intruder at home. */
  insider: Role;
  removed: Role;
  status: 'suspended' | 'deleting';
};

/**
 * A tenant whose every text carries a mark that occurs nowhere else, with the ids of what it owns. Its name carries
 * another mark: whoever opens its login page may read the name.
 */
export type Victim = TestTenant & { mark: string; nameMark: string; ids: Record<string, string> };

export type World = {
  victim: Victim;
  intruder: TestTenant;
  closed: Victim;
  insider: TestPerson;
  removed: TestPerson;
  ended: TestPerson;
  keys: { revoked: string; expired: string; powerless: string; forged: string; closed: string };
};

/** The e2e database as its administrator sees it. */
export const database = postgres(process.env.DATABASE_URL ?? '', {
  max: 2,
  idle_timeout: 5,
  onnotice: () => {},
});

/** Ends the connections of the verbs, which open again when they are needed; `database` closes itself when idle. */
export async function closeWorlds(): Promise<void> {
  await closePools();
}

/** Makes a world by the verbs that make real ones: a victim, an intruder with a tenant of its own, and a closed tenant. */
export async function makeWorld(plan: WorldPlan): Promise<World> {
  const [victim, intruder, closed] = await Promise.all([makeVictim(plan), makeTenant(), makeVictim(plan)]);
  const insider = await makePerson(victim, plan.insider);
  const removed = await makePerson(victim, plan.removed);
  const ended = await makePerson(victim, 'admin');
  const [revoked, expired, powerless] = [await makeKey(victim), await makeKey(victim), await makeKey(victim)];

  await revokeApiKey(victim.admin.ctx, { id: revoked.keyId });
  await withPlatform(async (db) => {
    await db
      .update(apiKeys)
      .set({ expiresAt: new Date(Date.now() - 1000) })
      .where(eq(apiKeys.id, expired.keyId));
    await db.update(apiKeys).set({ scopes: [] }).where(eq(apiKeys.id, powerless.keyId));
    for (const { keyId } of [expired, powerless])
      await announceApiKeyChange(db, { tenantId: victim.id, keyId });
    await db.update(sessions).set({ revokedAt: sql`now()` }).where(eq(sessions.id, ended.sessionId));
  });
  await withOwner(async (db) => {
    await db.delete(memberships).where(eq(memberships.userId, removed.userId));
    await db.update(tenants).set({ status: plan.status }).where(eq(tenants.id, closed.id));
    await announceTenantChange(db, { id: closed.id, slugs: [closed.slug] });
  });
  // Theirs to the end: none of them is still asked to confirm their address.
  await confirmAddresses(victim.admin, intruder.admin, closed.admin);
  return {
    victim,
    intruder,
    closed,
    insider,
    removed,
    ended,
    keys: {
      revoked: revoked.key,
      expired: expired.key,
      powerless: powerless.key,
      forged: retarget(intruder.firstKey.key, victim.id),
      closed: closed.firstKey.key,
    },
  };
}

/** Makes a tenant with an admin, keys, two traces that came whole and one that came as a span. */
export async function makeVictim({ traceId, words }: Pick<WorldPlan, 'traceId' | 'words'>): Promise<Victim> {
  const mark = `mark${unique()}${unique()}`;
  const nameMark = `name${unique()}${unique()}`;
  const tenant = await makeTenant({
    name: `${mark} person`,
    email: `${mark}@example.com`,
    tenantName: `Team ${nameMark}`,
  });
  const { id: keyId } = await createApiKey(tenant.admin.ctx, { name: `${mark} key` });
  const email = `${mark}-invited@example.com`;
  const { id: invitationId } = await inviteMember(tenant.ctx, { email, role: 'viewer' });
  await database`delete from mail_outbox where to_address = ${email}`; // embedded, anybody may read it at /dev/mail
  const text = `${mark} ${words}`;
  const trace = {
    project: `${mark} project`,
    question: text,
    answer: text,
    chunks: [{ text, source: `${mark}.md` }],
    prompts: [text],
    model: `${mark} model`,
    userId: `${mark} user`,
    metadata: { [mark]: text },
    error: text,
  };
  const sentAgain = unique(); // an id that the intruder sends traces with as well
  await ingestTraces(tenant.firstKey.ctx, [
    { ...trace, traceId },
    { ...trace, traceId: sentAgain },
  ]);
  const span = makeSpan({
    name: text,
    statusMessage: text,
    attributes: { 'openinference.span.kind': 'CHAIN', 'input.value': text, 'output.value': text },
    resource: { 'service.name': `${mark} service` },
  });
  await ingestSpans(tenant.firstKey.ctx, [span]);
  const { id: feedbackId } = await writeFeedback(tenant.firstKey.ctx, {
    traceId,
    id: unique(),
    thumbs: 'up',
    comment: text,
    user_id: `${mark} user`,
  });
  const ids = {
    traceId,
    spanId: span.spanId,
    spanTraceId: span.traceId,
    sentAgain,
    keyId,
    invitationId,
    feedbackId,
    userId: tenant.admin.userId,
    tenantId: tenant.id,
    slug: tenant.slug,
  };
  const others = {
    ...{ tenant: tenant.slug, provider: 'github', queue: 'mail', jobId: tenant.id },
    ...{ eventId: 'evt_of_nobody', reportId: '1' },
  };
  return { ...tenant, mark, nameMark, ids: { ...ids, id: keyId, ...others } };
}

/** A key of one tenant with another tenant's id written into it: its signature does not hold. */
export function retarget(key: string, tenantId: string): string {
  const bytes = Buffer.from(key.slice('rtk_'.length), 'base64url');
  Buffer.from(tenantId.replaceAll('-', ''), 'hex').copy(bytes, 17);
  return `rtk_${bytes.toString('base64url')}`;
}

/** Written by background jobs, not by requests. What requests write beside them is in the tables below. */
const background = [
  ...['stats_progress', 'stats_dirty_hours', 'trace_rollups', 'trace_rollup_days'],
  ...['trace_words', 'trace_words_pending'],
  // The meters, once a minute.
  ...['usage_meters', 'usage_records', 'usage_outbox'],
  // The hourly check of a new workspace, which may come meanwhile.
  'isolation_checks',
  // How much the tenant's own keys ask: a wrong request of theirs is counted like a right one.
  ...['request_slots', 'request_hours', 'limit_notices'],
];

/**
 * Tables of which only some rows are compared. A timer writes how often a tenant's own people and keys have asked, what they
 * were refused included: those rows count nothing else.
 */
const compared: Record<string, string> = {
  'public.usage_deltas':
    '(r.trace_count, r.tokens_in, r.tokens_out, r.storage_bytes, r.evaluation_count) <> (0, 0, 0, 0, 0)',
};

/** Notes of when somebody was last here, written some time after the request and by the right ones as well. */
const lastSeen = ['last_used_at', 'last_used_ip', 'last_seen_at', 'last_seen_ip', 'last_active_at'];

/** Each table that holds rows of the tenant or of its people, with their number and a checksum of them. */
export async function snapshot(tenant: TestTenant): Promise<Record<string, string>> {
  const columns = await database<{ name: string; column: string }[]>`
    select format('%I.%I', table_schema, table_name) as name, column_name as column
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where column_name in ('tenant_id', 'user_id') and table_type = 'BASE TABLE' and not table_name = any(${background})
      and (table_schema = 'public' or table_schema = ${`t_${tenant.id.replaceAll('-', '')}`})
      and not (column_name = 'user_id' and table_schema <> 'public')`;
  const people = await database<{ id: string }[]>`
    select user_id as id from public.memberships where tenant_id = ${tenant.id}`;
  const ids = [tenant.id, ...people.map(({ id }) => id)];
  const reads = [
    ...columns,
    { name: 'public.tenants', column: 'id' },
    { name: 'public.users', column: 'id' },
  ].map(
    ({ name, column }) =>
      `select '${name}.${column}' as name, count(*) || ' ' || coalesce(md5(string_agg(t, '|' order by t)), '') as sum
       from (select (to_jsonb(r) - array['${lastSeen.join("','")}'])::text as t
         from ${name} r where r.${column}::text = any($1) and ${compared[name] ?? true}) rows`,
  );
  const rows = await database.unsafe<{ name: string; sum: string }[]>(reads.join(' union all '), [ids]);
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}
