import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run, runNode, tail, verbose } from './child.mjs';
import { Failure } from './failure.mjs';
import { readJson, readText } from './files.mjs';
import { waitForLock } from './lock.mjs';
import { lockFilePath, readLockFile } from './lockfile.mjs';
import { inRoot, lockPath } from './paths.mjs';

/**
 * Installs the packages when node_modules is not what package-lock.json says. A stamp inside node_modules remembers
 * for which lock file it was filled, so the usual start compares one hash.
 *
 * No package's install script is run, and none is needed: esbuild finds its binary without,
 * and PostgreSQL's symbolic links are made in postgres/binaries.mjs.
 * @typedef {import('./progress.mjs').Progress} Progress
 */

const stampPath = inRoot('node_modules', '.ragtoolkit-installed');

/** @param {{ progress: Progress, signal?: AbortSignal }} options */
export async function ensureInstalled({ progress, signal }) {
  if (isInstalled()) return;
  const lock = await waitForLock(lockPath('install'), {
    signal,
    onWait: (holder) => progress.say(`Waiting for the installation of process ${holder.holder.pid} …`),
  });
  try {
    if (isInstalled()) return;
    await progress.step('Installing packages', (step) => install(step, signal));
  } finally {
    lock.release();
  }
}

/**
 * @param {import('./progress.mjs').Step} step
 * @param {AbortSignal} [signal]
 */
async function install(step, signal) {
  // Development packages too, whatever NODE_ENV says: the first `npm test` needs them, and installing twice is slower.
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  /** @type {import('./child.mjs').Options} */
  const options = { signal, onLine: (line) => step.update(line.startsWith('npm ') ? '' : line) };
  const result =
    npm && basename(npm) === 'npm-cli.js' && existsSync(npm)
      ? await runNode(npm, args, options)
      : await run('npm', args, options);
  step.update('');
  if (result.code !== 0) {
    throw new Failure(`\`npm ci\` failed${verbose ? '.' : `:\n\n${tail(result.output)}`}`);
  }
  writeFileSync(stampPath, stamp());
}

function isInstalled() {
  if (readText(stampPath) === stamp()) return true;
  if (!matchesLock()) return false;
  // Installed by hand, with `npm install` or `npm ci`: as good as by us.
  writeFileSync(stampPath, stamp());
  return true;
}

function stamp() {
  const lock = createHash('sha256').update(readFileSync(lockFilePath)).digest('hex');
  return `${lock} ${process.platform} ${process.arch}\n`;
}

/** Compares with the lock file that npm leaves inside node_modules about what it has installed. */
function matchesLock() {
  const installed = readJson(inRoot('node_modules', '.package-lock.json'));
  if (!installed?.packages) return false;
  const wanted = readLockFile().packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional) continue;
    if (installed.packages[path]?.version !== entry.version) return false;
  }
  for (const [path, entry] of Object.entries(installed.packages)) {
    if (entry.version !== wanted[path]?.version) return false;
    // node_modules that was copied from another kind of machine.
    if (entry.os && !entry.os.includes(process.platform)) return false;
    if (entry.cpu && !entry.cpu.includes('wasm32') && !entry.cpu.includes(process.arch)) return false;
  }
  return true;
}
