import { join } from 'node:path';
import { Failure } from '../failure.mjs';
import { lockHolder, tryLock } from '../lock.mjs';
import { dataDir, makeDataDir } from '../paths.mjs';
import { identify, isRunning, sleep } from '../processes.mjs';

/**
 * One command at a time works with a clone's data: its lock in `.data` also tells others what runs and where.
 * @typedef {import('../lock.mjs').Lock} Lock
 * @typedef {import('../lock.mjs').LockContent} LockContent
 * @typedef {import('../progress.mjs').Progress} Progress
 * @typedef {{ command: string, url?: string, short?: boolean }} Purpose
 *   `short`: it ends by itself before long, so that others wait for it
 */

const path = join(dataDir, 'running.lock');

/** A stop takes as long as requests are drained and the database writes its last checkpoint. */
const STOP_MS = 30_000;

/**
 * @param {Purpose} purpose
 * @param {{ progress: Progress, signal: AbortSignal }} options
 * @returns {Promise<Lock>}
 */
export async function takeClone(purpose, { progress, signal }) {
  makeDataDir();
  const parent = process.env.npm_lifecycle_event ? identify(process.ppid) : undefined;
  const since = Date.now();
  let told = false;
  for (;;) {
    const { lock, holder } = await tryLock(path, { ...purpose, parent });
    if (lock) return lock;
    if (!isAboutToEnd(holder) || Date.now() - since > STOP_MS) throw alreadyRuns(holder);
    if (!told) progress.say(`Waiting for process ${holder.holder.pid} (${holder.command}) to end …`);
    told = true;
    signal.throwIfAborted();
    await sleep(100);
  }
}

/** What works with this clone's data now. */
export function runningCommand() {
  return lockHolder(path);
}

/**
 * Being stopped, or about to notice that its npm was killed; or one of the short commands.
 * @param {LockContent} holder
 */
function isAboutToEnd(holder) {
  return holder.stopping || holder.short || (holder.parent && !isRunning(holder.parent));
}

/** @param {LockContent} holder */
function alreadyRuns({ holder, command, url, serving }) {
  const what = serving ? `already runs from this folder: ${url}` : 'is being started from this folder';
  return new Failure(
    `RAG Toolkit Cloud ${what} (\`${command}\`, process ${holder.pid}). Stop it first: kill ${holder.pid}`,
  );
}
