import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runNode, tail, verbose } from '../child.mjs';
import { neutralEnv } from '../environment.mjs';
import { Failure } from '../failure.mjs';
import { readText } from '../files.mjs';
import { waitForLock } from '../lock.mjs';
import { buildRoot, inRoot, lockPath, root } from '../paths.mjs';
import { bundle } from './bundle.mjs';
import { hashSources } from './sources.mjs';

/**
 * A build: `.build/<name>/` holds server.mjs, db.mjs and Next's own folder. `npm start` and `npm test` have one each,
 * so that a test run does not pull the build away from under a running server.
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {'start' | 'test'} BuildName
 * @typedef {import('../progress.mjs').Progress} Progress
 * @typedef {{ progress: Progress, signal?: AbortSignal, show?: boolean }} Options
 */

/**
 * @param {BuildName} name
 */
export function buildPaths(name) {
  const folder = join(buildRoot, name);
  return {
    folder,
    server: join(folder, 'server.mjs'),
    db: join(folder, 'db.mjs'),
    /** As Next wants it: relative to the repository. */
    nextDistDir: relative(root, join(folder, 'next')).replaceAll('\\', '/'),
    hash: join(folder, 'sources.sha256'),
  };
}

/**
 * Builds when the sources are not those of the last successful build.
 * @param {BuildName} name
 * @param {Options} options
 */
export async function ensureBuild(name, { progress, signal, show = verbose }) {
  const paths = buildPaths(name);
  if (readText(paths.hash) === hashSources()) return paths;
  await locked(name, { progress, signal }, async () => {
    const hash = hashSources();
    if (readText(paths.hash) === hash) return;
    await progress.step('Building', async () => {
      mkdirSync(paths.folder, { recursive: true });
      rmSync(paths.hash, { force: true });
      await bundle(paths.folder);
      await nextBuild(paths.nextDistDir, { signal, show });
      writeFileSync(paths.hash, hash);
    });
  });
  return paths;
}

/**
 * The entries alone, for development (where Next compiles on request) and for the database's commands.
 * @param {Options} options
 */
export async function ensureBundles({ progress, signal }) {
  const folder = join(buildRoot, 'bundles');
  await locked('bundles', { progress, signal }, () => bundle(folder));
  return {
    server: join(folder, 'server.mjs'),
    db: join(folder, 'db.mjs'),
    legacy: join(folder, 'legacy.mjs'),
    import: join(folder, 'import.mjs'),
  };
}

/**
 * @template T
 * @param {string} name
 * @param {Options} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function locked(name, { progress, signal }, work) {
  const lock = await waitForLock(lockPath(`build-${name}`), {
    signal,
    onWait: (content) => progress.say(`Waiting for the build of process ${content.holder.pid} …`),
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * A build knows no secret, no database and no domain: what it makes runs with any of them.
 * @param {string} distDir
 * @returns {Environment}
 */
export function buildEnv(distDir) {
  return { ...neutralEnv(), NODE_ENV: 'production', NEXT_DIST_DIR: distDir, NEXT_TELEMETRY_DISABLED: '1' };
}

export const nextCommand = inRoot('node_modules', 'next', 'dist', 'bin', 'next');

/**
 * @param {string} distDir
 * @param {{ signal?: AbortSignal, show: boolean }} options
 */
async function nextBuild(distDir, { signal, show }) {
  const result = await runNode(nextCommand, ['build'], { env: buildEnv(distDir), signal, show });
  if (result.code !== 0)
    throw new Failure(`\`next build\` failed${show ? '.' : `:\n\n${tail(result.output)}`}`);
}
