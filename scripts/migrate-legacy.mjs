// `npm run migrate:legacy`: brings the database of the single-tenant predecessor over into a workspace.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { resolve } = await import('node:path');
const { databaseCommand } = await import('./lib/database-command.mjs');

// npm changes into the package's folder: paths are meant from where it was called.
const folder = process.env.INIT_CWD ?? process.cwd();
const args = process.argv.slice(2).flatMap((arg, index, all) => {
  if (all[index - 1] === '--from') return [fromThere(arg)];
  return arg.startsWith('--from=') ? ['--from', fromThere(arg.slice('--from='.length))] : [arg];
});
const named = args.some((arg) => arg === '--out' || arg.startsWith('--out='));
await databaseCommand([...args, ...(named ? [] : ['--out', folder])], {
  entry: 'legacy',
  name: 'migrate:legacy',
});

/** @param {string} source the URL of a server stays as it is */
function fromThere(source) {
  const file = /^sqlite(?:\+\w+)?:\/\/\/?(.*)$/i.exec(source)?.[1];
  if (file === undefined && /^[a-z][a-z0-9+]*:\/\//i.test(source)) return source;
  return resolve(folder, file ?? source);
}
