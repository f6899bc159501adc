import type postgres from 'postgres';
import { type Login, loginPassword, logins } from './logins';

const RETRYABLE = new Set(['XX000', '42710', '23505']); // roles are cluster-wide: another database's bootstrap may be writing them

/**
 * Makes the three logins and gives them this database, as the administrator (CREATEROLE and owner of the database is
 * enough; no superuser). Safe to repeat and to run at once for several databases of a cluster.
 */
export async function bootstrapLogins(admin: postgres.Sql): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await admin.begin((tx) => createLogins(tx));
      return;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (attempt >= 10 || !RETRYABLE.has(code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

async function createLogins(tx: postgres.TransactionSql): Promise<void> {
  const [row] = await tx<{ name: string }[]>`select current_database() as name`;
  const database = quoteIdent(row?.name ?? '');
  for (const login of Object.keys(logins) as Login[]) {
    const [existing] = await tx`select 1 from pg_roles where rolname = ${logins[login]}`;
    // The password is base64url of an HMAC: no character of it needs quoting.
    const password = `PASSWORD '${loginPassword(login)}'`;
    // Of a role that is there only the password is set: to change CREATEDB, even to no, one must have it.
    await tx.unsafe(
      existing
        ? `ALTER ROLE ${logins[login]} ${password}`
        : `CREATE ROLE ${logins[login]} LOGIN NOINHERIT ${password}`,
    );
  }
  await tx.unsafe(`
    REVOKE ALL ON DATABASE ${database} FROM PUBLIC;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${database} TO ${logins.owner}, ${logins.app}, ${logins.platform};
    GRANT CREATE ON DATABASE ${database} TO ${logins.owner};
    GRANT USAGE, CREATE ON SCHEMA public TO ${logins.owner};
    GRANT USAGE ON SCHEMA public TO ${logins.app}, ${logins.platform};
    ALTER ROLE ${logins.app} IN DATABASE ${database} SET search_path = '';
    ALTER ROLE ${logins.app} IN DATABASE ${database} SET statement_timeout = '30s';
    ALTER ROLE ${logins.app} IN DATABASE ${database} SET idle_in_transaction_session_timeout = '60s';
    ALTER ROLE ${logins.platform} IN DATABASE ${database} SET statement_timeout = '60s';
    ALTER ROLE ${logins.platform} IN DATABASE ${database} SET idle_in_transaction_session_timeout = '60s';
  `);
}

function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
