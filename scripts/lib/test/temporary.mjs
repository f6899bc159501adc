import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.mjs';
import { readJson, writeAtomically } from '../files.mjs';
import { canWorkIn, giveTo, placeAt } from '../postgres/place.mjs';
import { stopLeftOver } from '../postgres/postmaster.mjs';
import { isRunning, self } from '../processes.mjs';

/**
 * Folders that go with the run that made them; those of runs that were killed go with the next run.
 * @typedef {import('../lifetime.mjs').Lifetime} Lifetime
 * @typedef {import('../postgres/user.mjs').DatabaseUser} DatabaseUser
 */

const prefix = 'ragtoolkit-test-';

/** As long as a folder without an owner's mark may be one that is just being made. */
const MAKING_MS = 60_000;

/**
 * @param {Lifetime} lifetime
 * @param {{ user?: DatabaseUser }} [options] whom it is for
 * @returns {string}
 */
export function temporaryFolder(lifetime, { user } = {}) {
  for (const parent of parents()) {
    let folder = '';
    try {
      folder = mkdtempSync(join(parent, prefix));
    } catch {
      continue;
    }
    lifetime.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    writeAtomically(join(folder, 'owner.json'), JSON.stringify(self()));
    giveTo(folder, user);
    if (canWorkIn(folder, user)) return folder;
  }
  throw new Failure('There is no temporary folder in which the tests can work. Set TMPDIR to one.');
}

/** TMPDIR may lie below a folder that is closed to the database's user. */
function parents() {
  const candidates = [tmpdir(), '/tmp', '/var/tmp'];
  const existing = candidates.filter((path) => statSync(path, { throwIfNoEntry: false }));
  return [...new Set(existing.map((path) => realpathSync(path)))];
}

/** Removes what runs that were killed left behind, their database server included. */
export async function sweepTemporaryFolders() {
  for (const parent of parents()) {
    for (const name of readdirSync(parent)) {
      if (name.startsWith(prefix)) await sweep(join(parent, name));
    }
  }
}

/** @param {string} folder */
async function sweep(folder) {
  try {
    const owner = readJson(join(folder, 'owner.json'));
    const isNew = Date.now() - statSync(folder).mtimeMs < MAKING_MS;
    if (owner ? isRunning(owner) : isNew) return;
    if (statSync(join(folder, 'postgres'), { throwIfNoEntry: false })) {
      await stopLeftOver(placeAt(folder, undefined));
    }
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another user's, or another run is removing it at this moment.
  }
}
