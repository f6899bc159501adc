import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run, tail } from './child.mjs';

/**
 * Finds a redis-server for the tests of rate limits, or gets one.
 * @typedef {import('./progress.mjs').Progress} Progress
 */

const names = ['redis-server', 'valkey-server'];

/**
 * @param {{ progress: Progress, signal: AbortSignal }} options
 * @returns {Promise<string | undefined>} the program's path; undefined, having said so, where it cannot be had
 */
export async function ensureRedis({ progress, signal }) {
  const found = find();
  if (found) return found;
  let said = '';
  if (process.getuid?.() === 0 && which('apt-get')) {
    await progress.step('Installing Redis', async (step) => {
      said = await install({ signal, onLine: step.update });
      step.update('');
    });
  }
  const path = find();
  if (!path) {
    progress.say(
      'The tests of rate limits in Redis are skipped: there is no redis-server here. Install one (Debian: apt-get install ' +
        `redis-server, macOS: brew install redis).\n${said}`.trim(),
    );
  }
  return path;
}

function find() {
  return names.map(which).find((path) => path !== undefined && runs(path));
}

/** @param {string} name */
function which(name) {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  return folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/** @param {string} path */
function runs(path) {
  return spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0;
}

/**
 * RUNLEVEL keeps the package from starting a server of its own.
 * @param {{ signal: AbortSignal, onLine: (line: string) => void }} options
 * @returns {Promise<string>} what went wrong, if anything
 */
async function install({ signal, onLine }) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['update'], { env, signal, onLine });
  const apt = await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], {
    env,
    signal,
    onLine,
  });
  return apt.code === 0 ? '' : tail(apt.output, 5);
}
