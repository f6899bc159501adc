import { and, eq, type SQL, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { isolationChecks, type StoredProbe } from '@/db/schema/isolation';
import { tenants } from '@/db/schema/tenancy';
import { withOwner, withTenant } from '@/db/tenant';
import { emit, isOperator } from '@/lib/audit/emit';
import { mintApiKey } from '@/lib/auth/api-key';
import { authorize } from '@/lib/auth/authorize';
import { authenticate } from '@/lib/auth/credentials';
import { AppError } from '@/lib/errors';
import { hostOf } from '@/lib/gateway/hosts';
import { newId, newRequestId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { log, logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import { findTenantById, findTenantBySlug, type TenantEntry } from '@/lib/tenancy/directory';
import { createTenant } from '@/lib/tenants/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { findTrace, listTraces } from '@/lib/traces/queries';
import { noteIsolation, recallFailures } from './queries';
import type { IsolationCheck, ProbeId } from './schema';

/** The tenant whose data nobody may ever see: its slug is reserved, nobody is its member. */
export const CANARY_SLUG = 'isolation-canary';
const CANARY_TRACE = 'isolation-canary-trace';
const CANARY_TEXT = 'Whoever reads this has crossed from one workspace into another.';
/** Tenants that the sweep checks at a time: those checked longest ago. */
const SAMPLE = 20;

/** A probe answers what it got: null is "nothing". What it throws is a refusal. */
type Probe = (ctx: TenantContext, canary: Canary) => Promise<unknown>;
type Canary = { tenant: TenantEntry; key: string };

const runProbe: Record<ProbeId, Probe> = {
  'trace-by-id': (ctx) => findTrace(ctx, CANARY_TRACE),
  'trace-list': async (ctx) =>
    (await listTraces(ctx, {})).traces.find((trace) => trace.traceId === CANARY_TRACE),
  'foreign-key-of-tenant': (ctx, { tenant }) =>
    rows(ctx, sql`select trace_id from traces where tenant_id = ${tenant.id}`),
  'no-predicate': (ctx) => rows(ctx, sql`select trace_id from traces where trace_id = ${CANARY_TRACE}`),
  'foreign-schema': (ctx, { tenant }) => rows(ctx, sql`select trace_id from ${tableOf(tenant)}`),
  'parent-table': (ctx) => rows(ctx, sql`select trace_id from all_tenants.traces`),
  'write-into-own-partition': (ctx, { tenant }) =>
    rows(
      ctx,
      sql`insert into traces (tenant_id, trace_id, byte_size) values (${tenant.id}, ${newId()}, 0) returning trace_id`,
    ),
  'write-into-foreign-partition': (ctx, { tenant }) =>
    rows(
      ctx,
      sql`insert into ${tableOf(tenant)} (tenant_id, trace_id, byte_size) values (${tenant.id}, ${newId()}, 0) returning trace_id`,
    ),
  'control-rows': (ctx, { tenant }) =>
    rows(
      ctx,
      sql`select 'key' as kind from api_keys where tenant_id = ${tenant.id}
        union all select 'member' from memberships where tenant_id = ${tenant.id}
        union all select 'usage' from usage_deltas where tenant_id = ${tenant.id}
        union all select 'audit' from audit_log where tenant_id = ${tenant.id}`,
    ),
  credentials: (ctx) =>
    rows(
      ctx,
      sql`select user_id::text from credentials union all select encode(secret_hash, 'hex') from api_keys`,
    ),
  'foreign-key-on-host': (ctx, { key }) =>
    authenticate(
      {
        host: hostOf(ctx.tenant),
        method: 'GET',
        origin: null,
        authorization: `Bearer ${key}`,
        apiKey: null,
        cookie: null,
      },
      ctx.requestId,
    ),
};

/**
 * Tries, as the tenant, to reach what belongs to the canary tenant, through the same code that serves requests, and
 * stores what came of it. Every probe must be refused or come back empty. Throws AppError `forbidden`.
 */
export async function runIsolationCheck(ctx: TenantContext): Promise<IsolationCheck> {
  authorize(ctx, 'isolation:check');
  const tenant = await ensureCanary();
  const results: (StoredProbe & { probe: ProbeId })[] = [];
  await withCanaryKey(tenant.id, async (key) => {
    for (const probe of Object.keys(runProbe) as ProbeId[])
      results.push(await tryProbe(probe, ctx, { tenant, key }));
  });
  const passed = results.every((result) => result.refused);
  const askedBy = ctx.actor.kind === 'user' ? ctx.actor.userId : 'sweep';
  const row = await withTenant(ctx, async (db) => {
    const [stored] = await db
      .insert(isolationChecks)
      .values({ tenantId: ctx.tenant.id, askedBy, passed, probes: results })
      .returning({ at: isolationChecks.at });
    // What the sweep does by itself, hour after hour, is nobody's doing.
    if (ctx.actor.kind !== 'system' || isOperator(ctx.actor))
      await emit(db, ctx, {
        action: 'isolation.check',
        target: { kind: 'tenant', id: ctx.tenant.id },
        after: { passed },
      });
    return stored;
  });
  noteIsolation(ctx.tenant.id, passed);
  if (!passed) {
    const leaks = results.filter((result) => !result.refused).map((result) => result.probe);
    log().fatal(
      { tenant: ctx.tenant.id, leaks },
      'ISOLATION FAILED: a tenant reached what belongs to another',
    );
  }
  return { at: (row?.at ?? new Date()).toISOString(), passed, probes: results };
}

/** Checks the tenants that were checked longest ago, a sample at a time. */
export async function sweepIsolation(): Promise<void> {
  await recallFailures();
  const sample = await pool('platform').db.execute<{ id: string }>(sql`
    select t.id from tenants t left join lateral (
      select at from isolation_checks c where c.tenant_id = t.id order by at desc limit 1
    ) last on true
    where t.status = 'active' and t.slug <> ${CANARY_SLUG}
    order by last.at nulls first limit ${SAMPLE}`);
  for (const { id } of sample) {
    try {
      const tenant = await findTenantById(id);
      if (tenant)
        await runIsolationCheck({
          tenant,
          actor: { kind: 'system', name: 'canary' },
          requestId: newRequestId(),
        });
    } catch (error) {
      logError(error, `the isolation check of tenant ${id} could not run`);
    }
  }
}

async function tryProbe(
  probe: ProbeId,
  ctx: TenantContext,
  canary: Canary,
): Promise<StoredProbe & { probe: ProbeId }> {
  try {
    const got = await runProbe[probe](ctx, canary);
    const empty = got === null || got === undefined || (Array.isArray(got) && got.length === 0);
    return { probe, refused: empty, outcome: empty ? 'nothing there' : 'GOT DATA' };
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error; // the database is away, say: that proves nothing
    return { probe, refused: true, outcome: refusal };
  }
}

/** How the database or the API refused; null for an error that is no refusal. */
function refusalOf(error: unknown): string | null {
  if (error instanceof AppError)
    return error.status === 404 || error.status === 401 ? `refused: ${error.code}` : null;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const refusals: Record<string, string> = {
    '42501': 'refused: no permission',
    '23514': 'refused: not this partition',
  };
  return refusals[String((cause as { code?: unknown }).code)] ?? null;
}

/** What a query gets as the tenant. It is always undone: a canary leaves nothing behind, not even a write let through. */
async function rows(ctx: TenantContext, query: SQL): Promise<unknown[]> {
  let found: unknown[] = [];
  await withTenant(ctx, async (db) => {
    found = [...(await db.execute(query))];
    throw new Undo();
  }).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error;
  });
  return found;
}

class Undo extends Error {}

function tableOf(tenant: TenantEntry) {
  return sql.raw(`${tenantSchemaName(toTenantId(tenant.id))}.traces`);
}

/** The canary tenant with its trace, made on first use. */
async function ensureCanary(): Promise<TenantEntry> {
  const tenant = (await findTenantBySlug(CANARY_SLUG)) ?? (await makeCanary());
  const ctx: TenantContext = { tenant, actor: { kind: 'system', name: 'canary' }, requestId: newRequestId() };
  // Written once: an update at each check would have its hour rolled up anew each time.
  if (!(await findTrace(ctx, CANARY_TRACE)))
    await ingestTraces(ctx, [{ traceId: CANARY_TRACE, question: CANARY_TEXT }]);
  return tenant;
}

/** Runs `fn` with a live key of the canary tenant that works for its duration only. */
async function withCanaryKey<T>(tenantId: string, fn: (key: string) => Promise<T>): Promise<T> {
  const { db } = pool('platform');
  const { keyId, key, secretHash } = mintApiKey(tenantId);
  await db
    .insert(apiKeys)
    .values({ tenantId, id: keyId, name: 'Isolation check', secretHash, scopes: ['traces:read'] });
  try {
    return await fn(key);
  } finally {
    await db.delete(apiKeys).where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, keyId)));
  }
}

async function makeCanary(): Promise<TenantEntry> {
  try {
    return await withOwner((db) =>
      createTenant(
        db,
        { id: newId(), slug: CANARY_SLUG, name: 'Isolation canary' },
        { actor: { kind: 'system', name: 'canary' }, requestId: newRequestId() },
      ),
    );
  } catch (error) {
    // Another process was faster: its tenant will do.
    const [made] = await pool('platform').db.select().from(tenants).where(eq(tenants.slug, CANARY_SLUG));
    if (made) return made;
    throw error;
  }
}
