import { setTimeout as wait } from 'node:timers/promises';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardTransactions } from '@/db/lost-connections';
import { connect, createDatabase, type TestDatabase } from '@/tests/support/databases';
import { sqlStateOf } from '@/tests/support/postgres-errors';

/**
 * A connection that is lost within a transaction, and somebody who waits for it. Whatever the lost one still does, the next
 * one's transaction is one, and holds nothing else.
 */
let database: TestDatabase;
let admin: postgres.Sql;
beforeAll(async () => {
  database = await createDatabase();
  admin = connect(database.url);
  await admin`create table notes (by text not null)`;
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const ROUNDS = 15;
const kill = (pid: number) => admin`select pg_terminate_backend(${pid}, 5000)`;

/** What a transaction does after it has written a line: how it loses its connection, and what it goes on to do. */
const losing: Record<string, (tx: postgres.TransactionSql, pid: number) => Promise<unknown>> = {
  'while a statement runs': (tx, pid) => {
    void wait(3).then(() => kill(pid));
    return tx`select pg_sleep(5)`;
  },
  'between two statements': async (tx, pid) => {
    await kill(pid);
    await wait(10);
    return tx`insert into notes values ('lost')`;
  },
  'when the next statement is just asked': async (tx, pid) => {
    await kill(pid);
    return tx`insert into notes values ('lost')`;
  },
  'and notices nothing until its end': async (_tx, pid) => {
    await kill(pid);
    await wait(10);
  },
  'within a savepoint': (tx, pid) =>
    tx.savepoint(async (inner) => {
      await kill(pid);
      await wait(5);
      return inner`insert into notes values ('lost')`;
    }),
};

describe.each([1, 3])('of %i connections one is lost', (max) => {
  test.each(Object.entries(losing))('%s', { timeout: 60_000 }, async (_how, lose) => {
    await admin`truncate notes`;
    const sql = guardTransactions(connect(database.url, { max }));
    let [lost, kept] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const killed = sql.begin(async (tx) => {
        await tx`insert into notes values ('lost')`;
        const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
        return lose(tx, row?.pid ?? 0);
      });
      const next = sql.begin(async (tx) => {
        const [first] = await tx<{ id: string }[]>`select txid_current()::text as id`;
        await tx`insert into notes values ('kept')`;
        await wait(2);
        const [last] = await tx<{ id: string }[]>`select txid_current()::text as id`;
        expect(last?.id).toBe(first?.id);
        kept += 1;
      });
      const outcomes = await Promise.all([sqlStateOf(killed), sqlStateOf(next)]);
      if (outcomes[0] === 'CONNECTION_CLOSED') lost += 1;
      // Who waited may be told that the connection is gone, and has then done nothing.
      expect(['none', '57P01', 'CONNECTION_CLOSED']).toContain(outcomes[1]);
    }
    expect(lost).toBe(ROUNDS);
    const rows = await admin<{ by: string }[]>`select by from notes`;
    expect(rows.map(({ by }) => by)).toEqual(Array(kept).fill('kept'));
    await sql.end({ timeout: 1 });
  });
});
