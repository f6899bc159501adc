import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET } from '@/app/api/v1/traces/[traceId]/evaluations/route';
import { evaluations } from '@/db/schema/evaluations';
import { withTenant } from '@/db/tenant';
import { wireTraceEvaluations } from '@/lib/evaluations/schema';
import { newId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { sqlState, sqlStateOf } from '@/tests/support/postgres-errors';
import { call, readError } from '@/tests/support/requests';

let tenant: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'evaluated' }, { traceId: 'bare' }]);
  await ingestTraces(other.firstKey.ctx, [{ traceId: 'evaluated' }, { traceId: 'theirs' }]);
  const make = (owner: TestTenant, rows: Omit<typeof evaluations.$inferInsert, 'tenantId'>[]) =>
    withTenant(owner.ctx, (db) =>
      db.insert(evaluations).values(rows.map((row) => ({ ...row, tenantId: owner.id }))),
    );
  await make(tenant, [
    {
      ...{ traceId: 'evaluated', id: '2', scoreType: 'safety', score: 1, createdAt: new Date('2026-01-02') },
      ...{
        confidence: 0.5,
        explanation: 'fine',
        metadata: { a: [1] },
        evaluatorVersion: '1',
        evaluatorId: 'x',
      },
    },
    { traceId: 'evaluated', id: '1', scoreType: 'grounding', score: 0.25, createdAt: new Date('2026-01-01') },
  ]);
  await make(other, [{ traceId: 'evaluated', id: '1', scoreType: 'safety', score: 0 }]);
});

function read(
  traceId: string,
  given: { host?: string; key?: string; headers?: Record<string, string> } = {},
) {
  return call(GET, {
    path: '/api/v1/traces/x/evaluations',
    host: tenant.host,
    key: tenant.firstKey.key,
    params: { traceId },
    ...given,
  });
}

describe('GET /api/v1/traces/{trace_id}/evaluations', () => {
  test('answers the evaluations, the oldest first, and nothing that is not declared', async () => {
    const answer = await read('evaluated');
    expect(answer.status).toBe(200);
    wireTraceEvaluations.strict().parse(answer.body);
    expect(answer.body).toEqual({
      trace_id: 'evaluated',
      evaluations: [
        {
          ...{ score_type: 'grounding', score: 0.25, confidence: null, explanation: null, metadata: {} },
          ...{ evaluator_version: null, created_at: '2026-01-01T00:00:00.000Z' },
        },
        {
          ...{ score_type: 'safety', score: 1, confidence: 0.5, explanation: 'fine', metadata: { a: [1] } },
          ...{ evaluator_version: '1', created_at: '2026-01-02T00:00:00.000Z' },
        },
      ],
    });
  });

  test('answers none for a trace that is not evaluated', async () => {
    expect((await read('bare')).body).toEqual({ trace_id: 'bare', evaluations: [] });
  });

  test('answers each tenant with its own', async () => {
    const theirs = await read('evaluated', { host: other.host, key: other.firstKey.key });
    expect(theirs.body).toMatchObject({ evaluations: [{ score_type: 'safety', score: 0 }] });
  });

  test.each(['theirs', 'nothing', '', "' or true --", 'a\u0000b', '\ud800'])(
    'answers 404 for an id that is not one of its own (%#)',
    async (traceId) => {
      expect(readError(await read(traceId))).toMatchObject({ status: 404, code: 'not_found' });
    },
  );

  test('answers viewers, and nobody without a credential', async () => {
    const { cookie } = await makePerson(tenant, 'viewer');
    expect((await read('bare', { key: undefined, headers: { cookie } })).status).toBe(200);
    expect((await read('bare', { key: undefined })).status).toBe(401);
  });
});

describe('the table of evaluations', () => {
  test('shows a tenant its own rows, whatever a query asks for', async () => {
    const rows = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`select score from evaluations where tenant_id = ${other.id} or true`),
    );
    expect(rows).toHaveLength(2);
    const schema = tenantSchemaName(toTenantId(other.id));
    const theirs = await withTenant(tenant.ctx, (db) =>
      db.execute(sql.raw(`select 1 from ${schema}.evaluations`)),
    );
    expect(theirs).toHaveLength(0);
    const parent = withTenant(tenant.ctx, (db) => db.execute(sql`select 1 from all_tenants.evaluations`));
    expect(await sqlStateOf(parent)).toBe(sqlState.insufficientPrivilege);
  });

  test('takes no row in the name of another tenant', async () => {
    const row = { tenantId: other.id, traceId: 'theirs', id: newId(), scoreType: 'safety', score: 1 };
    const insert = withTenant(tenant.ctx, (db) => db.insert(evaluations).values(row));
    expect(await sqlStateOf(insert)).toBe(sqlState.insufficientPrivilege);
  });
});
