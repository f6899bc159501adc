import { describeSource, parseSourceAddress, sourceId } from './rules';
import type { LegacySource } from './schema';

/**
 * Opens a database of the predecessor for reading: a PostgreSQL URL or a SQLite file. To be closed by the caller.
 * Throws an Error that says what to do when it cannot be opened or has no table `traces`.
 */
export async function openLegacySource(from: string): Promise<LegacySource> {
  const address = parseSourceAddress(from);
  const name = { id: sourceId(address), label: describeSource(address) };
  if (address.kind === 'postgres') {
    const { openPostgres } = await import('../legacy-postgres/queries');
    return openPostgres(address.url, name);
  }
  const { openSqlite } = await import('../legacy-sqlite/queries');
  return openSqlite(address.path, name);
}
