import { vi } from 'vitest';
import { pool } from '@/db/client';
import { type Login, logins } from '@/db/logins';

/** Runs `fn` and counts what it asks of the database, on whichever login's pool: statements and transactions. */
export async function countQueries<T>(fn: () => Promise<T>): Promise<{ queries: number; result: T }> {
  const spies = (Object.keys(logins) as Login[]).flatMap((login) => {
    const { sql } = pool(login);
    return [vi.spyOn(sql, 'unsafe'), vi.spyOn(sql, 'begin')];
  });
  try {
    const result = await fn();
    return { queries: spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0), result };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
