import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.mjs';
import { readJson, writeAtomically } from '../files.mjs';
import { dataDir, makeDataDir, root } from '../paths.mjs';
import { databaseUser, isRoot, runAs } from './user.mjs';

/**
 * Where a database lives.
 * @typedef {import('./user.mjs').DatabaseUser} DatabaseUser
 * @typedef {{ home: string, data: string, user: DatabaseUser }} Place
 */

/** Tells where the database is when it is not beside this file. */
const pointer = join(dataDir, 'postgres.json');

/** The folder of the system for what programs keep. */
export function stateRoot() {
  if (isRoot) return process.platform === 'darwin' ? '/var/db/ragtoolkit-cloud' : '/var/lib/ragtoolkit-cloud';
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'ragtoolkit-cloud');
}

/** Others pass through it to what is theirs, also when it was made under a strict umask. */
export function makeStateRoot() {
  if (existsSync(stateRoot())) return;
  mkdirSync(stateRoot(), { recursive: true });
  if (isRoot) chmodSync(stateRoot(), 0o755);
}

/**
 * @param {string} home
 * @param {DatabaseUser} user
 * @returns {Place}
 */
export function placeAt(home, user) {
  const real = realpathSync(home);
  return { home: real, data: join(real, 'postgres'), user };
}

/**
 * The place of this clone's database: `.data`, or, where the database's user cannot work there (we are root, or the
 * file system knows no permissions), the system's state folder.
 * @param {(line: string) => void} say
 * @returns {Place}
 */
export function clonePlace(say) {
  makeDataDir();
  const elsewhere = ownHome(readJson(pointer)?.home, say);
  for (const home of [elsewhere, dataDir]) {
    if (!home || !existsSync(join(home, 'postgres'))) continue;
    const user = databaseUser(join(home, 'postgres'));
    if (!canEnter(join(home, 'postgres'), user)) {
      throw new Failure(
        `The database in ${join(home, 'postgres')} belongs to another user. Start as that user.`,
      );
    }
    return placeAt(home, user);
  }
  const user = databaseUser();
  if (canWorkIn(dataDir, user)) return placeAt(dataDir, user);
  return placeAt(elsewhere ?? makeHome(user, say), user);
}

/**
 * A clone that was copied brings the pointer to the original's database along, which it must leave alone. One that was
 * moved keeps its own.
 * @param {string | undefined} home
 * @param {(line: string) => void} say
 * @returns {string | undefined}
 */
function ownHome(home, say) {
  if (!home || !existsSync(home)) return undefined;
  const mark = join(home, 'clone.json');
  const owner = readJson(mark)?.root;
  if (owner === realpathSync(root)) return home;
  if (owner && readJson(join(owner, '.data', 'postgres.json'))?.home === home) {
    say(`This clone is a copy of ${owner}, whose database stays there; a new one is made.`);
    return undefined;
  }
  writeAtomically(mark, JSON.stringify({ root: realpathSync(root) }));
  return home;
}

/**
 * @param {DatabaseUser} user
 * @param {(line: string) => void} say
 */
function makeHome(user, say) {
  const name = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 12);
  let home = join(stateRoot(), name);
  if (existsSync(join(home, 'postgres'))) {
    // A former clone at this path: its secrets are gone with its .data, but deleting a database is not ours to decide.
    say(`The database of an earlier clone at this path is kept in ${home}; delete it when nobody needs it.`);
    for (let i = 2; existsSync(home); i++) home = join(stateRoot(), `${name}-${i}`);
  }
  makeStateRoot();
  mkdirSync(home, { recursive: true, mode: 0o700 });
  giveTo(home, user);
  if (!canWorkIn(home, user)) {
    throw new Failure(
      `The database can be kept neither in ${dataDir} nor in ${home}: its user cannot work there. Set DATABASE_URL.`,
    );
  }
  writeAtomically(join(home, 'clone.json'), JSON.stringify({ root: realpathSync(root) }));
  writeAtomically(pointer, `${JSON.stringify({ home }, null, 2)}\n`, 0o600);
  return home;
}

/**
 * @param {string} path
 * @param {DatabaseUser} user
 */
export function giveTo(path, user) {
  chmodSync(path, 0o700);
  if (user) chownSync(path, user.uid, user.gid);
}

/**
 * @param {string} folder
 * @param {DatabaseUser} user
 */
function canEnter(folder, user) {
  return runAs('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder], user).ok;
}

/**
 * PostgreSQL insists on a folder that is closed to others, so it must be possible to close one.
 * @param {string} folder
 * @param {DatabaseUser} user
 */
export function canWorkIn(folder, user) {
  const script =
    'cd "$1" && umask 077 && d="try.$$" && mkdir "$d" && touch "$d/f" && ls -ld "$d" | grep -q "^drwx------"; ' +
    'ok=$?; rm -rf "$d"; exit $ok';
  return runAs('/bin/sh', ['-c', script, 'sh', folder], user).ok;
}
