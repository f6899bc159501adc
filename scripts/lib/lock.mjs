import { linkSync, mkdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './failure.mjs';
import { readJson, writeAtomically } from './files.mjs';
import { isRunning, self, sleep } from './processes.mjs';

/**
 * A lock is a file that names its holder. It holds while that very process runs: a holder that was killed leaves a
 * file behind, and the next one to come takes it over. It holds in the folder it was made in: a copy of the folder is
 * nobody's.
 * @typedef {import('./processes.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {{ holder: ProcessIdentity, folder: string } & Record<string, any>} LockContent
 * @typedef {{ update(more: Record<string, unknown>): void, release(): void, left: LockContent | undefined }} Lock
 *   `left` is what a killed predecessor wrote into the lock.
 */

/**
 * Takes the lock, or tells who holds it.
 * @param {string} path
 * @param {Record<string, unknown>} [more]
 * @returns {Promise<{ lock: Lock, holder?: undefined } | { lock?: undefined, holder: LockContent }>}
 */
export async function tryLock(path, more = {}) {
  /** @type {LockContent} */
  let content = { holder: self(), folder: folderOf(path), ...more };
  /** @type {LockContent | undefined} */
  let left;
  while (!create(path, content)) {
    const found = read(path);
    if (found && holds(found, path)) return { holder: found };
    left = (await removeStale(path)) ?? left;
  }
  return {
    lock: {
      left,
      update(changes) {
        content = { ...content, ...changes };
        writeAtomically(path, JSON.stringify(content), 0o644);
      },
      release() {
        const found = read(path);
        if (found?.holder.pid === content.holder.pid && found.holder.started === content.holder.started) {
          rmSync(path, { force: true });
        }
      },
    },
  };
}

/**
 * Takes the lock, waiting for its holder.
 * @param {string} path
 * @param {{ signal?: AbortSignal, onWait?: (holder: LockContent) => void }} [options]
 * @returns {Promise<Lock>}
 */
export async function waitForLock(path, { signal, onWait } = {}) {
  let told = false;
  for (;;) {
    const { lock, holder } = await tryLock(path);
    if (lock) return lock;
    if (!told) onWait?.(holder);
    told = true;
    signal?.throwIfAborted();
    await sleep(200);
  }
}

/**
 * @param {string} path
 * @returns {LockContent | undefined}
 */
function read(path) {
  const content = readJson(path);
  return content?.holder ? content : undefined;
}

/**
 * @param {LockContent} content
 * @param {string} path
 */
function holds({ holder, folder }, path) {
  return isRunning(holder) && folder === folderOf(path);
}

/**
 * The folder of the lock, by a name that survives moving it and not copying it.
 * @param {string} path
 */
function folderOf(path) {
  const { dev, ino } = statSync(dirname(path));
  return `${dev}:${ino}`;
}

/**
 * Who holds the lock now.
 * @param {string} path
 */
export function lockHolder(path) {
  const found = read(path);
  return found && holds(found, path) ? found : undefined;
}

/**
 * Creates the lock with its content in one step, so that nobody reads an empty one.
 * @param {string} path
 * @param {LockContent} content
 */
function create(path, content) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(content), { mode: 0o644 });
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    return createWithoutLinks(path, content);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * For file systems without hard links.
 * @param {string} path
 * @param {LockContent} content
 */
function createWithoutLinks(path, content) {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead holder's lock. One process at a time, and only after looking again: otherwise two that saw the same
 * stale lock would remove each other's new one.
 * @param {string} path
 * @returns {Promise<LockContent | undefined>} what was in it
 */
async function removeStale(path) {
  const guard = `${path}.guard`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    await sleep(20);
    if (ageOf(guard) > 5_000) removeGuard(guard);
    return undefined;
  }
  try {
    const found = read(path);
    if (found && holds(found, path)) return undefined;
    rmSync(path, { force: true });
    return found?.folder === folderOf(path) ? found : undefined;
  } finally {
    removeGuard(guard);
  }
}

/** @param {string} path */
function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {string} guard */
function removeGuard(guard) {
  try {
    rmdirSync(guard);
  } catch {
    // Somebody else removed it.
  }
}
