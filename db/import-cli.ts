import { parseArgs } from 'node:util';
import { AppError } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { importTenant } from '@/lib/workflows/import/mutations';
import { verifyArchive } from '@/lib/workflows/import/queries';
import { type ImportProgress, importInput } from '@/lib/workflows/import/schema';
import { closePools } from './client';

const USAGE =
  'Usage: npm run tenant:import -- --file <archive.tar.gz> --slug <new-slug> [--name "…"] [--admin-email <address>] [--dry-run] [--discard-unfinished]';

const say = (line: string) => process.stderr.write(`${line}\n`);
const count = (rows: number) => rows.toLocaleString('en-US');

/** Loads an archive of an export as a new tenant; with `--dry-run` it only checks the archive. */
async function main(args: string[]): Promise<void> {
  const given = parse(args);
  if (!given.file) throw new AppError('invalid_input', USAGE);
  if (given['dry-run']) {
    const { manifest, members } = await verifyArchive(given.file, progress());
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const { tenant, exported_at } = manifest;
    say(`The archive is whole: ${tenant.name} (${tenant.slug}), exported at ${exported_at}.`);
    say(`${count(rows)} rows in ${manifest.tables.length} tables, ${count(members.length)} people.`);
    return;
  }
  const input = importInput.safeParse({
    file: given.file,
    slug: given.slug,
    name: given.name,
    adminEmail: given['admin-email'],
    discardUnfinished: given['discard-unfinished'],
  });
  if (!input.success) {
    const [issue] = input.error.issues;
    const option = { adminEmail: '--admin-email' }[String(issue?.path[0])] ?? `--${String(issue?.path[0])}`;
    throw new AppError('invalid_input', given.slug === undefined ? USAGE : `${option}: ${issue?.message}`);
  }
  const made = await importTenant(input.data, { report: progress(), signal: stopSignal() });
  say(`${count(made.rows)} rows are loaded. The workspace is at ${urlOf({ slug: made.slug })}`);
  say(`${count(made.people)} of its people can sign in.`);
  if (made.newPeople > 0)
    say(
      `${count(made.newPeople)} of them had no account here: they have one without a password now, and sign in by mailed link.`,
    );
  if (made.admins === 0) say('Nobody in it is an admin. To have one, import it again with --admin-email.');
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        file: text,
        slug: text,
        name: text,
        'admin-email': text,
        'dry-run': flag,
        'discard-unfinished': flag,
      },
    }).values;
  } catch (error) {
    throw new AppError('invalid_input', `${(error as Error).message.split('. ', 1)[0]}. ${USAGE}`);
  }
}

/** Says how far it is, at most once a second. */
function progress(): (progress: ImportProgress) => void {
  let last = Date.now();
  return ({ phase, rows, total }) => {
    if (Date.now() - last < 1_000) return;
    last = Date.now();
    say(
      phase === 'check'
        ? `checking: ${count(rows)} rows`
        : `loading: ${count(rows)} of ${count(total ?? rows)} rows`,
    );
  };
}

/** Aborted when the command is asked to stop, so that what was made is removed before it ends. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new AppError('conflict', 'Stopped. What was loaded is removed.')));
  return stop.signal;
}

/** The innermost cause's message: the outer one of a query carries its parameters, which are the archive's rows. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}

main(process.argv.slice(2))
  .catch((error: unknown) => {
    say(rootMessage(error));
    process.exitCode = 1;
  })
  .finally(closePools);
