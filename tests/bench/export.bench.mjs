// How much memory and time a large export and its import take. Not part of `npm test`: it runs for minutes.
//   TEST_DATABASE_URL=… DATABASE_ROLE_SECRET=… node tests/bench/export.bench.mjs [rows, 200000 unless told]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import esbuild from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const outdir = path.join(root, '.build', 'bench');
mkdirSync(outdir, { recursive: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints: { export: 'tests/bench/export-memory.ts' },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  alias: { '@': root, 'server-only': path.join(root, 'scripts/lib/empty.mjs') },
});
const { status } = spawnSync(
  process.execPath,
  ['--expose-gc', path.join(outdir, 'export.mjs'), ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
