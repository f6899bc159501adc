import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { errorCode } from './failure.mjs';

/**
 * A process, told apart from a later one that was given the same number: after a crash or a reboot the number in a
 * file may belong to anybody.
 * @typedef {{ pid: number, started: string }} ProcessIdentity
 */

const onLinux = process.platform === 'linux';

/**
 * When a process was started, in a form only good for comparing; undefined when it does not run.
 * @param {number} pid
 * @returns {string | undefined}
 */
function startedAt(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (onLinux) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // The name in parentheses may contain anything; the fields after it are plain.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return undefined;
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      return `${boot} ${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  const line = ps(['-o', 'lstart=', '-p', String(pid)]);
  return line || undefined;
}

/** @param {string[]} args */
function ps(args) {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env }).trim();
  } catch {
    return '';
  }
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity | undefined}
 */
export function identify(pid) {
  const started = startedAt(pid);
  return started === undefined ? undefined : { pid, started };
}

/**
 * Whether the number is taken, be it by a process that is dead and not yet collected by its parent.
 * @param {number} pid
 */
export function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** @returns {ProcessIdentity} */
export function self() {
  return { pid: process.pid, started: startedAt(process.pid) ?? '' };
}

/** @param {ProcessIdentity | undefined} identity */
export function isRunning(identity) {
  return identity !== undefined && startedAt(identity.pid) === identity.started;
}

/**
 * PostgreSQL's processes of a data folder: all of them change into it. Where there is no /proc, only the postmaster is
 * found, by its command line.
 * @param {string} data
 * @returns {number[]}
 */
export function databaseProcesses(data) {
  let real = data;
  try {
    real = realpathSync(data);
  } catch {
    return [];
  }
  if (!onLinux) {
    return ps(['-ax', '-o', 'pid=,command='])
      .split('\n')
      .filter((line) => isPostgres(line) && (line.includes(` ${data} `) || line.includes(` ${real} `)))
      .map((line) => Number.parseInt(line, 10));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === real && isPostgres(commandLine(pid));
      } catch {
        return false;
      }
    });
}

/**
 * Also for the workers, which call themselves "postgres: …".
 * @param {string} command
 */
export function isPostgres(command) {
  return /(^|\/|\s)postgres(:|\s|$)/.test(command);
}

/**
 * @param {number} pid
 * @returns {string} empty when it does not run
 */
export function commandLine(pid) {
  if (!onLinux) return ps(['-o', 'command=', '-p', String(pid)]);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/**
 * Sends a signal; a process that is already gone is not an error.
 * @param {number} pid negative for a process group
 * @param {NodeJS.Signals} signal
 */
export function sendSignal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or never ours: either way there is nothing to stop.
  }
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits until a condition holds; false when it did not within the time.
 * @param {() => boolean} condition
 * @param {number} ms
 */
export async function until(condition, ms) {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
