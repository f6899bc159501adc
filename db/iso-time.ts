import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/** A timestamptz as ISO 8601 in UTC, as JavaScript writes it: to the millisecond, or `exact`, to the microsecond as it is stored. */
export function isoTime(time: SQLWrapper, { exact = false }: { exact?: boolean } = {}): SQL<string> {
  const fraction = sql.raw(exact ? 'US' : 'MS');
  return sql<string>`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.${fraction}"Z"')`;
}
