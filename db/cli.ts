import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { env } from '@/lib/env';
import { closePools } from './client';
import { migrate } from './migrate';

/**
 * `migrate` brings the database to the newest version; `seed --out <file> [--new-key]` fills an empty one with the demo
 * tenants and writes who may sign in, with a key; with `--new-key` also when that was done before; `tenants …` is the
 * operator's.
 */
async function main([command, ...args]: string[]): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  if (command === 'migrate') {
    const { applied, version } = await migrate({
      adminUrl: env().databaseUrl,
      folder: path.resolve('db/migrations'),
      report: say,
    });
    say(
      applied.length > 0
        ? `the database is now at ${version}`
        : `the database is at ${version}, nothing to do`,
    );
    return;
  }
  if (command === 'seed') {
    const out = args[0] === '--out' ? args[1] : undefined;
    if (!out) throw new Error('Usage: seed --out <file for the demo sign-ins>');
    const { seed } = await import('./seed/seed');
    const demo = await seed({ newKey: args.includes('--new-key') });
    if (demo) await writeFile(out, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
    say(demo ? 'the demo tenants are ready' : 'there are tenants already, nothing to seed');
    return;
  }
  if (command === 'tenants') {
    const { tenantsCommand } = await import('./tenants-cli');
    for (const line of await tenantsCommand(args)) process.stdout.write(`${line}\n`);
    return;
  }
  if (command === 'billing') {
    const { billingCommand } = await import('./billing-cli');
    for (const line of await billingCommand(args)) process.stdout.write(`${line}\n`);
    return;
  }
  throw new Error('Usage: db migrate | billing [--dry-run] | tenants … | db seed --out <file> [--new-key]');
}

main(process.argv.slice(2))
  .then(closePools)
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
