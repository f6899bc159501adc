import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Db } from './client';

const dialect = new PgDialect();

/**
 * Runs a statement that each connection keeps prepared: PostgreSQL parses and plans it once, and it takes one trip instead
 * of two. For statements that run for every request and whose text is always the same, whatever the values: a connection
 * keeps every text that it has met. Answers the rows as the database sends them. Throws what the database throws.
 */
export async function executePrepared<T extends Record<string, unknown>>(
  db: Db,
  statement: SQL,
): Promise<T[]> {
  const rows = await db._.session
    .prepareQuery(dialect.sqlToQuery(statement), undefined, 'kept', false)
    .execute();
  return rows as T[];
}
