import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { forSpawn } from './environment.mjs';
import { root } from './paths.mjs';
import { sendSignal } from './processes.mjs';

const attached = fileURLToPath(new URL('./attached.mjs', import.meta.url));

/** As much of a quiet child's output as is kept for showing it when the child fails. */
const KEPT_CHARACTERS = 64_000;

/**
 * @typedef {import('./environment.mjs').Environment} Environment
 * @typedef {{ code: number, output: string }} Finished
 * @typedef {{ env?: Environment, signal?: AbortSignal, show?: boolean, onLine?: (line: string) => void }} Options
 *   `show`: the output goes straight to ours, and none is kept
 */

/** True when every child's output is to be seen. */
export const verbose = Boolean(process.env.VERBOSE && process.env.VERBOSE !== '0');

/**
 * Runs a Node script to its end as a child that dies with us.
 * @param {string} script
 * @param {string[]} args
 * @param {Options} [options]
 * @returns {Promise<Finished>}
 */
export function runNode(script, args, options) {
  return run(process.execPath, [attached, script, ...args], { ...options, ipc: true });
}

/**
 * Runs a command to its end. It has its own process group, so that the terminal's Ctrl-C reaches us alone and we stop
 * things in order.
 * @param {string} command
 * @param {string[]} args
 * @param {Options & { ipc?: boolean }} [options]
 * @returns {Promise<Finished>}
 */
export function run(command, args, { env = process.env, signal, show = verbose, onLine, ipc } = {}) {
  signal?.throwIfAborted();
  const out = show ? 'inherit' : 'pipe';
  const child = spawn(command, args, {
    cwd: root,
    env: forSpawn(env),
    stdio: ['ignore', out, out, ...(ipc ? [/** @type {const} */ ('ipc')] : [])],
    detached: true,
    windowsHide: true,
  });
  const kill = () => child.pid && sendSignal(-child.pid, 'SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (/** @type {string} */ text) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
      const line = text.trimEnd().split('\n').pop()?.trim();
      if (line) onLine?.(line);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * The last lines of an output, for showing why a child failed.
 * @param {string} output
 * @param {number} [lines]
 */
export function tail(output, lines = 60) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
