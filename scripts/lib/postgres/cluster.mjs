import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tail } from '../child.mjs';
import { forSpawn } from '../environment.mjs';
import { errorCode, Failure } from '../failure.mjs';
import { readText } from '../files.mjs';
import { sendSignal } from '../processes.mjs';
import { giveTo } from './place.mjs';
import { databaseEnv, runAs } from './user.mjs';

/**
 * Makes the database's files, once.
 * @typedef {import('./place.mjs').Place} Place
 * @typedef {import('./binaries.mjs').Binaries} Binaries
 * @typedef {{ place: Place, binaries: Binaries, password: string, database: string, durable: boolean,
 *   signal?: AbortSignal }} ClusterOptions
 */

/** The administrator's login. Reached over the loopback interface only, with the password. */
export const superuser = 'postgres';

/**
 * @param {ClusterOptions} options
 * @returns {Promise<boolean>} true when it was made just now
 */
export async function ensureCluster(options) {
  const { place, binaries, password } = options;
  removeAttempts(place.home);
  const major = readText(join(place.data, 'PG_VERSION'))?.trim();
  if (major === undefined) {
    await makeCluster(options);
    return true;
  }
  if (major !== binaries.major) {
    throw new Failure(
      `The database in ${place.data} was made by PostgreSQL ${major}, and this is PostgreSQL ${binaries.major}. ` +
        'Start the version of RAG Toolkit Cloud that made it and export, or move the folder away to begin anew.',
    );
  }
  if (readText(passwordMark(place)) !== fingerprint(password)) resetPassword(options);
  return false;
}

/**
 * Under another name first, and renamed when whole: one that was interrupted leaves nothing that looks like a database.
 * @param {ClusterOptions} options
 */
async function makeCluster({ place, binaries, password, database, durable, signal }) {
  if (existsSync(place.data)) removeEmpty(place.data);
  const attempt = join(place.home, `postgres.new-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${attempt}-password`;
  mkdirSync(attempt, { mode: 0o700 });
  giveTo(attempt, place.user);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.user) chownSync(passwordFile, place.user.uid, place.user.gid);
  try {
    const args = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--no-instructions'];
    if (!durable) args.push('--no-sync');
    await initdb(
      binaries,
      [...args, `--username=${superuser}`, `--pwfile=${passwordFile}`, '-D', attempt],
      place,
      signal,
    );
    statement(binaries, attempt, place, `CREATE DATABASE ${database}`);
    writeFileSync(passwordMark(place), fingerprint(password), { mode: 0o600 });
    renameSync(attempt, place.data);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(attempt, { recursive: true, force: true });
  }
}

/**
 * @param {Binaries} binaries
 * @param {string[]} args
 * @param {Place} place
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function initdb(binaries, args, place, signal) {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(binaries.initdb, args, {
      cwd: place.home,
      env: forSpawn(databaseEnv()),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...place.user,
    });
    const kill = () => child.pid && sendSignal(-child.pid, 'SIGKILL');
    signal?.addEventListener('abort', kill, { once: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new Failure(`The database could not be made in ${place.home}:\n${tail(output, 20)}`));
    });
  });
}

/**
 * The database outlived its secrets (.data/secrets.json was deleted): whoever owns the files may set a new password.
 * @param {ClusterOptions} options
 */
function resetPassword({ place, binaries, password }) {
  statement(binaries, place.data, place, `ALTER ROLE ${superuser} PASSWORD '${password}'`);
  writeFileSync(passwordMark(place), fingerprint(password), { mode: 0o600 });
}

/**
 * One statement in single-user mode: needs no running server, and no password.
 * @param {Binaries} binaries
 * @param {string} data
 * @param {Place} place
 * @param {string} sql
 */
function statement(binaries, data, place, sql) {
  const run = runAs(binaries.postgres, ['--single', '-D', data, 'postgres'], place.user, `${sql}\n`);
  if (!run.ok || /\b(ERROR|FATAL|PANIC):/.test(run.output)) {
    throw new Failure(`The database in ${data} could not be set up:\n${tail(run.output, 10)}`);
  }
}

/** @param {Place} place */
function passwordMark(place) {
  return join(place.home, 'postgres.password-mark');
}

/** @param {string} password */
function fingerprint(password) {
  return createHash('sha256').update(password).digest('hex');
}

/** @param {string} home */
function removeAttempts(home) {
  for (const name of readdirSync(home)) {
    if (!name.startsWith('postgres.new-')) continue;
    try {
      rmSync(join(home, name), { recursive: true, force: true });
    } catch {
      // An initdb whose parent was killed is still writing; the next start removes it.
    }
  }
}

/** @param {string} data */
function removeEmpty(data) {
  try {
    rmdirSync(data);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY') throw error;
    throw new Failure(`${data} exists but is not a PostgreSQL database. Move it away and start again.`);
  }
}
