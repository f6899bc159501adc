import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { loginUrl } from '@/db/logins';
import { guardTransactions } from '@/db/lost-connections';
import { withTenant } from '@/db/tenant';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { findTrace, listTraces } from '@/lib/traces/queries';
import { asSuperuser, connect } from '@/tests/support/databases';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { sqlStateOf } from '@/tests/support/postgres-errors';

/**
 * One connection serves many tenants in turn. Here it is the only one there is, and everything is done to carry
 * something of one tenant over to the next: prepared statements, transactions that break off, queries that are
 * cancelled. Each test of the application's own pool narrows it to one connection first.
 */
let a: TestTenant;
let b: TestTenant;

beforeAll(async () => {
  [a, b] = await Promise.all([makeTenant(), makeTenant()]);
  await ingestTraces(a.firstKey.ctx, [{ traceId: 'same-id', question: 'of a' }, { traceId: 'only-a' }]);
  await ingestTraces(b.firstKey.ctx, [{ traceId: 'same-id', question: 'of b' }]);
  onlyConnection = guardTransactions(connect(loginUrl('app'), { max: 1 }));
  const app = pool('app');
  Object.assign(app, {
    sql: onlyConnection,
    db: drizzle({ client: onlyConnection }) satisfies PostgresJsDatabase,
  });
});

let onlyConnection: postgres.Sql;
afterAll(() => onlyConnection.end({ timeout: 5 }));

/** What a connection says of itself outside of any transaction. */
async function settings() {
  const [row] = await onlyConnection<{ tenant: string; path: string; pid: number }[]>`
    select coalesce(current_setting('app.tenant_id', true), '') as tenant,
      current_setting('search_path') as path, pg_backend_pid() as pid`;
  return row;
}

const clean = () => expect.objectContaining({ tenant: '', path: '""' });

/** What a tenant sees when its query forgets to say whose rows it wants. */
async function seenBy(tenant: TestTenant): Promise<string[]> {
  const rows = await withTenant(tenant.ctx, (db) =>
    db.execute<{ tenant_id: string }>(sql`select distinct tenant_id::text from traces`),
  );
  return rows.map((row) => row.tenant_id);
}

describe('one connection', () => {
  test('serves two tenants in turn, 1,000 rounds of requests queued at once', async () => {
    const pids = new Set<number>();
    await Promise.all(
      Array.from({ length: 1000 }, async (_, round) => {
        const [own, question] = round % 2 ? [a, 'of a'] : [b, 'of b'];
        const [row] = await withTenant(own.ctx, (db) =>
          db.execute<{ pid: number; tenant: string; ids: string[]; question: string }>(sql`
            select pg_backend_pid() as pid, current_setting('app.tenant_id') as tenant,
              array(select distinct tenant_id::text from traces) as ids,
              (select question from traces where trace_id = ${'same-id'}) as question`),
        );
        expect(row).toMatchObject({ tenant: own.id, ids: [own.id], question });
        pids.add(row?.pid ?? 0);
      }),
    );
    expect(pids.size).toBe(1); // otherwise nothing was shared
    expect(await settings()).toEqual(clean());
  });

  test('serves the real queries of two tenants in turn', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, round) => {
        const [own, question] = round % 2 ? [a, 'of a'] : [b, 'of b'];
        const ctx = own.admin.ctx;
        expect((await findTrace(ctx, 'same-id'))?.question).toBe(question);
        expect((await findTrace(ctx, 'only-a')) === null).toBe(own === b);
        expect((await listTraces(ctx, {})).traces).toHaveLength(own === a ? 2 : 1);
      }),
    );
  });

  test('plans a prepared statement anew for each tenant, also after its plan has become generic', async () => {
    const text = 'select tenant_id::text as tenant, question from traces where trace_id = $1';
    const seen = async (tenant: TestTenant) =>
      onlyConnection.begin(async (tx) => {
        await tx.unsafe(
          `set local app.tenant_id = '${tenant.id}'; set local search_path = t_${tenant.id.replaceAll('-', '')}, public`,
        );
        return tx.unsafe(text, ['same-id'], { prepare: true });
      });
    // From the sixth run on PostgreSQL may keep one plan for all parameters.
    for (let round = 0; round < 12; round++)
      expect(await seen(a)).toEqual([{ tenant: a.id, question: 'of a' }]);
    for (let round = 0; round < 12; round++) {
      expect(await seen(b)).toEqual([{ tenant: b.id, question: 'of b' }]);
      expect(await seen(a)).toEqual([{ tenant: a.id, question: 'of a' }]);
    }
    const [statement] = await onlyConnection<{ runs: string }[]>`
      select sum(generic_plans + custom_plans)::text as runs from pg_prepared_statements where statement = ${text}`;
    expect(statement).toEqual({ runs: '36' }); // one statement served all of them
    expect(await settings()).toEqual(clean());
    // Its plan leads nowhere once no tenant is set.
    expect(await sqlStateOf(onlyConnection.unsafe(text, ['same-id'], { prepare: true }))).toBe('42P01');
  });

  test('is clean after an exception in the middle of a transaction, thrown or from the database', async () => {
    for (let round = 0; round < 20; round++) {
      const failure = withTenant(a.ctx, async (db) => {
        await db.execute(sql`update traces set question = 'changed'`);
        if (round % 2) throw new Error('in the middle');
        await db.execute(sql`select 1 / 0`);
      });
      const next = seenBy(b); // waits for the connection while the transaction breaks off
      await expect(failure).rejects.toThrow();
      expect(await next).toEqual([b.id]);
      expect(await settings()).toEqual(clean());
    }
    expect((await findTrace(a.admin.ctx, 'same-id'))?.question).toBe('of a');
  });

  test('is clean after an error that the transaction’s function swallows', async () => {
    const swallowed = withTenant(a.ctx, async (db) => {
      await db.execute(sql`select 1 / 0`).catch(() => {});
      return db.execute(sql`select question from traces`);
    });
    expect(await sqlStateOf(swallowed)).toBe('25P02'); // in a failed transaction nothing is read
    expect(await seenBy(b)).toEqual([b.id]);
    expect(await settings()).toEqual(clean());
  });

  test('is clean after a statement that ran out of time', async () => {
    const timeout = async () =>
      (await onlyConnection`select current_setting('statement_timeout') as t`)[0]?.t;
    const before = await timeout();
    const slow = withTenant(a.ctx, async (db) => {
      await db.execute(sql`set local statement_timeout = 30`);
      await db.execute(sql`select pg_sleep(5) from traces`);
    });
    const next = seenBy(b);
    expect(await sqlStateOf(slow)).toBe('57014');
    expect(await next).toEqual([b.id]);
    expect(await settings()).toEqual(clean());
    expect(await timeout()).toBe(before);
  });

  test('is clean after a statement that an operator cancelled', async () => {
    const pid = (await settings())?.pid ?? 0;
    const slow = withTenant(a.ctx, (db) => db.execute(sql`select pg_sleep(10) from traces`));
    const next = seenBy(b);
    const outcome = sqlStateOf(slow);
    await asSuperuser((admin) =>
      poll(async () => {
        const [row] = await admin`
          select pg_cancel_backend(pid) from pg_stat_activity
          where pid = ${pid} and query like '%pg_sleep(10)%' and state = 'active'`;
        return row;
      }),
    );
    expect(await outcome).toBe('57014');
    expect(await next).toEqual([b.id]);
    expect(await settings()).toMatchObject({ tenant: '', path: '""', pid });
  });

  test('comes back clean after it was killed in the middle of a transaction', async () => {
    const pid = (await settings())?.pid ?? 0;
    const killed = withTenant(a.ctx, async (db) => {
      await db.execute(sql`update traces set question = 'changed'`);
      await asSuperuser((admin) => admin`select pg_terminate_backend(${pid}, 5000)`);
      return db.execute(sql`select question from traces`);
    });
    const next = sqlStateOf(seenBy(b).then((ids) => expect(ids).toEqual([b.id])));
    await expect(killed).rejects.toThrow();
    expect(await next).toBe('none');
    expect(await seenBy(a)).toEqual([a.id]);
    expect((await findTrace(a.admin.ctx, 'same-id'))?.question).toBe('of a');
    expect((await settings())?.pid).not.toBe(pid);
    expect(await settings()).toEqual(clean());
  });

  test('keeps what a tenant sets for itself within its transaction only when it is local', async () => {
    // A query of ours never sets anything for the session; if one did, the next transaction's own settings win.
    await onlyConnection.unsafe(`set app.tenant_id = '${a.id}'`);
    expect(await seenBy(b)).toEqual([b.id]);
    await onlyConnection.unsafe('reset app.tenant_id');
    expect(await settings()).toEqual(clean());
  });
});
