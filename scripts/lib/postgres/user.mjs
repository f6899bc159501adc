import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { forSpawn } from '../environment.mjs';
import { Failure } from '../failure.mjs';

/**
 * Whom the database runs as. PostgreSQL refuses to run as root; undefined means: as ourselves.
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {{ uid: number, gid: number } | undefined} DatabaseUser
 */

export const isRoot = process.getuid?.() === 0;

/**
 * @param {string} [existingData] a database that exists is run by its owner, whoever starts us today
 * @returns {DatabaseUser}
 */
export function databaseUser(existingData) {
  if (!isRoot) return undefined;
  if (existingData) {
    const { uid, gid } = statSync(existingData);
    if (uid !== 0) return { uid, gid };
  }
  for (const name of ['postgres', 'nobody']) {
    const uid = id('-u', name);
    const gid = id('-g', name);
    if (uid && gid) return { uid, gid };
  }
  throw new Failure(
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as. Start as another ' +
      'user, add one (useradd --system postgres), or set DATABASE_URL.',
  );
}

/**
 * @param {string} what
 * @param {string} name
 */
function id(what, name) {
  try {
    return Number(
      execFileSync('id', [what, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return undefined;
  }
}

/**
 * The environment of everything PostgreSQL: nothing of ours, and messages that can be read by program.
 * @returns {Environment}
 */
export function databaseEnv() {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Runs a command as the database's user, and tells how it went: the one way to know what that user can reach.
 * @param {string} command
 * @param {string[]} args
 * @param {DatabaseUser} user
 * @param {string} [input]
 */
export function runAs(command, args, user, input = '') {
  const result = spawnSync(command, args, {
    cwd: '/',
    env: forSpawn(databaseEnv()),
    input,
    encoding: 'utf8',
    ...user,
  });
  const output = [result.error?.message, result.stdout, result.stderr].filter(Boolean).join('\n').trim();
  return { ok: result.status === 0, output };
}
