import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tail } from '../child.mjs';
import { forSpawn } from '../environment.mjs';
import { Failure } from '../failure.mjs';
import { readText } from '../files.mjs';
import { freePort } from '../ports.mjs';
import {
  commandLine,
  databaseProcesses,
  exists,
  identify,
  isPostgres,
  sendSignal,
  sleep,
  until,
} from '../processes.mjs';
import { superuser } from './cluster.mjs';
import { databaseEnv } from './user.mjs';

/**
 * Runs the database's server.
 * @typedef {import('./place.mjs').Place} Place
 * @typedef {import('./binaries.mjs').Binaries} Binaries
 * @typedef {{ port: number, url(database: string): string, exited: Promise<void>,
 *   stop(force?: AbortSignal): Promise<void>, logTail(): string }} Postmaster
 */

const MAX_LOG_BYTES = 10_000_000;

/**
 * @param {{ place: Place, binaries: Binaries, password: string, settings: Record<string, string | number>,
 *   signal?: AbortSignal, onSpawn: (stop: (force?: AbortSignal) => Promise<void>) => void }} options
 *   `onSpawn` is called as soon as there is something to stop
 * @returns {Promise<Postmaster>}
 */
export async function startPostmaster({ place, binaries, password, settings, signal, onSpawn }) {
  await stopLeftOver(place);
  const log = join(place.home, 'postgres.log');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    signal?.throwIfAborted();
    const server = launch({ place, binaries, port, settings, log });
    onSpawn(server.stop);
    const ready = await server.ready();
    signal?.throwIfAborted();
    if (ready) {
      return {
        port,
        url: (database) =>
          `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
        exited: server.exited,
        stop: server.stop,
        logTail: () => tail(server.ownLog(), 20),
      };
    }
    const said = server.ownLog();
    if (attempt === 20 || !isPassing(said)) {
      throw new Failure(`The database does not start. The end of ${log}:\n${tail(said, 20)}`);
    }
    await sleep(500);
  }
}

/**
 * Somebody took the port between asking and listening; or backends of a server that was killed have not noticed yet.
 * @param {string} log
 */
function isPassing(log) {
  return /could not bind|address already in use|pre-existing shared memory block/i.test(log);
}

/**
 * @param {{ place: Place, binaries: Binaries, port: number, settings: Record<string, string | number>, log: string }}
 *   options
 */
function launch({ place, binaries, port, settings, log }) {
  const all = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_locks_per_transaction: 256,
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { file, from } = openLog(log);
  const child = spawn(binaries.postgres, ['-D', place.data, ...args], {
    cwd: place.home,
    env: forSpawn(databaseEnv()),
    stdio: ['ignore', file, file],
    // Its own process group: the terminal's Ctrl-C must not stop it before those who use it.
    detached: true,
    ...place.user,
  });
  closeSync(file);
  let running = true;
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    const done = () => {
      running = false;
      resolve();
    };
    child.once('exit', done);
    child.once('error', done);
  });

  return {
    exited,
    ownLog: () => readFileSync(log).subarray(from).toString(),
    /** True when it accepts connections; false when it ended before. Recovery after a crash may take its time. */
    async ready() {
      while (running) {
        const lines = readText(join(place.data, 'postmaster.pid'))?.split('\n');
        if (lines?.[0] === String(child.pid) && lines[7]?.trim() === 'ready') return true;
        await sleep(15);
      }
      return false;
    },
    /** @param {AbortSignal} [force] */
    async stop(force) {
      if (!running || !child.pid) return;
      const { pid } = child;
      const over = () => !running;
      sendSignal(pid, 'SIGINT');
      if (await until(() => over() || force?.aborted === true, 60_000)) if (over()) return;
      sendSignal(pid, 'SIGQUIT');
      if (await until(over, 5_000)) return;
      sendSignal(-pid, 'SIGKILL');
      await exited;
    },
  };
}

/** @param {string} path */
function openLog(path) {
  let file = openSync(path, 'a', 0o600);
  if (fstatSync(file).size > MAX_LOG_BYTES) {
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openSync(path, 'a', 0o600);
  }
  return { file, from: fstatSync(file).size };
}

/**
 * Stops a server that was left behind by a killed one of us. We hold the lock on its folder, so nobody uses it.
 * @param {Place} place
 */
export async function stopLeftOver(place) {
  const pidFile = join(place.data, 'postmaster.pid');
  const [pidLine = '', recorded = ''] = readText(pidFile)?.split('\n') ?? [];
  const pid = Number(pidLine);
  if (!pid) return;

  if (isPostmasterOf(pid, recorded) && !isCopyOf(recorded, place.data)) {
    const gone = () => !isPostmasterOf(pid, recorded);
    for (const [name, patience] of /** @type {const} */ ([
      ['SIGINT', 30_000],
      ['SIGQUIT', 5_000],
      ['SIGKILL', 5_000],
    ])) {
      sendSignal(pid, name);
      if (await until(gone, patience)) break;
    }
  }
  // Backends of a postmaster that was killed notice within moments. They must be gone before another server starts.
  if (!(await until(() => databaseProcesses(place.data).length === 0, 5_000))) {
    for (const stray of databaseProcesses(place.data)) sendSignal(stray, 'SIGKILL');
    await until(() => databaseProcesses(place.data).length === 0, 5_000);
  }
  // PostgreSQL clears a dead server's file away by itself, after checks of its own. But it takes every process of that
  // number for a server: a stranger that got the number since, or the dead one where nobody collects the dead.
  if (exists(pid)) rmSync(pidFile, { force: true });
}

/**
 * True when the process is the server that wrote this folder into its file.
 * @param {number} pid
 * @param {string} recorded
 */
function isPostmasterOf(pid, recorded) {
  const command = identify(pid) ? commandLine(pid) : '';
  return isPostgres(command) && command.includes(` ${recorded} `);
}

/**
 * A clone that was copied while it ran brings the original's file along; a clone that was moved is still the same.
 * @param {string} recorded
 * @param {string} data
 */
function isCopyOf(recorded, data) {
  const here = statSync(data);
  const there = statSync(recorded, { throwIfNoEntry: false });
  return there !== undefined && (there.ino !== here.ino || there.dev !== here.dev);
}
