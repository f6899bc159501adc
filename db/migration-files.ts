import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * How a migration is applied. A comment at the head of the file says so, `-- ragtoolkit: each tenant` for example;
 * without one it is a transaction.
 * - transaction: the file in one transaction
 * - each tenant: the statements once for each tenant, each time in a transaction of its own
 * - concurrently: CREATE INDEX statements, built without holding up writers
 */
const kinds = ['transaction', 'each tenant', 'concurrently'] as const;

export type MigrationKind = (typeof kinds)[number];

export type Migration = { name: string; kind: MigrationKind; checksum: string; statements: string };

const DIRECTIVE = /^--[ \t]*ragtoolkit:[ \t]*(.*?)[ \t]*$/gm;

/** The migrations of a folder in the order of their names. Throws an Error that names a file with a directive that is none. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const name = file.replace(/\.sql$/, '');
      const statements = await readFile(path.join(folder, file), 'utf8');
      const checksum = createHash('sha256').update(statements).digest('hex');
      return { name, kind: kindOf(name, statements), checksum, statements };
    }),
  );
}

function kindOf(name: string, text: string): MigrationKind {
  const directives = [...text.matchAll(DIRECTIVE)].map((match) => match[1] ?? '');
  const [directive] = directives;
  if (directive === undefined) return 'transaction';
  const head = /^(?:[ \t]*(?:--[^\n]*)?\r?\n)*/.exec(text)?.[0] ?? '';
  const kind = kinds.find((one) => one === directive);
  if (!kind || directives.length > 1 || !head.includes(`ragtoolkit: ${kind}`)) {
    const known = kinds.map((one) => `"-- ragtoolkit: ${one}"`).join(', ');
    throw new Error(`Migration ${name} has a directive that is none of ${known} in the comment at its head.`);
  }
  return kind;
}
