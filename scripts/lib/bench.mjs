import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPaths, ensureBuild, locked } from './build/build.mjs';
import { keepPackages } from './build/bundle.mjs';
import { runNode } from './child.mjs';
import { neutralEnv } from './environment.mjs';
import { ensureInstalled } from './install.mjs';
import { createLifetime } from './lifetime.mjs';
import { buildRoot, inRoot, root } from './paths.mjs';
import { createProgress } from './progress.mjs';
import { ensureRedis } from './redis.mjs';
import { randomSecrets } from './secrets.mjs';
import { serverNodeOptions } from './server-process.mjs';
import { startTestCluster } from './test/cluster.mjs';
import { sweepTemporaryFolders, temporaryFolder } from './test/temporary.mjs';

/**
 * `npm run bench`: each `tests/bench/<name>.suite.ts` in a process of its own, on an empty database of its own that has
 * the settings of `npm start`. Figures go to the standard output, and nowhere else; how it gets on to the other.
 * @typedef {import('./progress.mjs').Progress} Progress
 */

const ending = '.suite.ts';

/** Suites that measure the built server: they find it in BENCH_SERVER. */
const served = new Set(['ingest']);

/** As `npm start` has them; durability stays at PostgreSQL's defaults. */
const settings = { max_connections: 100, shared_buffers: '256MB' };

/** @param {string[]} args a suite and what it shall be told, or nothing for all suites */
export async function bench([chosen, ...args]) {
  const all = readdirSync(inRoot('tests', 'bench'))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
  if (chosen !== undefined && !all.includes(chosen)) {
    console.error(`"${chosen}" is no suite. Suites: ${all.join(', ')}.`);
    process.exit(1);
  }
  const progress = createProgress(process.stderr);
  const lifetime = createLifetime({ codeWhenAsked: 130, onStopping: () => progress.say('Stopping …') });
  const { signal } = lifetime;
  await lifetime.run(async () => {
    await ensureInstalled({ progress, signal });
    await sweepTemporaryFolders();
    const main = await bundleSuites({ progress, signal });
    const temporary = temporaryFolder(lifetime);
    const redis = await ensureRedis({ progress, signal });
    let worst = 0;
    for (const name of chosen === undefined ? all : [chosen]) {
      if (served.has(name)) await ensureBuild('start', { progress, signal });
      const cluster = await progress.step('Starting PostgreSQL', () => startTestCluster(lifetime, settings));
      const env = {
        ...neutralEnv(),
        ...randomSecrets(),
        NODE_ENV: 'production',
        LOG_LEVEL: 'error',
        DATABASE_URL: cluster.url('test'),
        TMPDIR: temporary,
        TEST_REDIS_SERVER: redis,
        ...(served.has(name)
          ? {
              BENCH_SERVER: buildPaths('start').server,
              NEXT_DIST_DIR: buildPaths('start').nextDistDir,
              BENCH_NODE_OPTIONS: [...serverNodeOptions, process.env.BENCH_NODE_OPTIONS ?? ''].join(' '),
            }
          : {}),
      };
      const { code } = await runNode(main, [name, ...args], { env, signal, show: true });
      await cluster.stop();
      worst = Math.max(worst, code);
    }
    return worst;
  });
}

/**
 * Makes plain JavaScript of the suites and of what runs them.
 * @param {{ progress: Progress, signal: AbortSignal }} options
 */
async function bundleSuites(options) {
  const outdir = join(buildRoot, 'bench');
  const esbuild = await import('esbuild');
  await locked('bench', options, () =>
    esbuild.build({
      absWorkingDir: root,
      entryPoints: ['tests/bench/main.ts', `tests/bench/*${ending}`],
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // One copy of db/client and the like, whichever entry imports it.
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      plugins: [{ name: 'packages', setup: keepPackages }],
    }),
  );
  return join(outdir, 'main.mjs');
}
