// `npm run tenant:import -- --file archive.tar.gz --slug new-slug`: loads an export as a new workspace. docs/export.md
import { resolve } from 'node:path';
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { databaseCommand } = await import('./lib/database-command.mjs');

// npm changes to the repository: the file is meant from where the command was typed.
const args = process.argv.slice(2).map((arg, i, all) => {
  const path = all[i - 1] === '--file' ? arg : /^--file=(.+)$/s.exec(arg)?.[1];
  if (path === undefined) return arg;
  const absolute = resolve(process.env.INIT_CWD ?? process.cwd(), path);
  return arg.startsWith('--file=') ? `--file=${absolute}` : absolute;
});
await databaseCommand(args, { entry: 'import', name: 'tenant:import' });
