import { fork } from 'node:child_process';
import { forSpawn } from './environment.mjs';
import { Failure } from './failure.mjs';
import { root } from './paths.mjs';
import { portIsBusy } from './ports.mjs';
import { identify, sendSignal, until } from './processes.mjs';

/**
 * Runs server.mjs as a child. It says over IPC when it listens, and ends by itself when that channel closes.
 * @typedef {import('./environment.mjs').Environment} Environment
 * @typedef {import('./processes.mjs').ProcessIdentity} ProcessIdentity
 * @typedef {ReturnType<typeof launchServer>} ServerProcess
 */

/** How long requests under way may take when the server is asked to stop. */
const DRAIN_MS = 10_000;

/** Development compiles before it listens. */
const READY_MS = 180_000;

/**
 * How Node runs the server. A request's bodies and rows live for some milliseconds: in the default young generation of 16 MB
 * most of them would be copied before they are garbage.
 */
export const serverNodeOptions = ['--max-semi-space-size=32'];

/**
 * @param {{ script: string, args?: string[], env: Environment, port: number, log?: number }} options
 *   `log`: a file that takes the output, which otherwise goes to our own
 */
export function launchServer({ script, args = [], env, port, log }) {
  const child = fork(script, args, {
    cwd: root,
    env: forSpawn(env),
    execArgv: serverNodeOptions,
    stdio: ['ignore', log ?? 'inherit', log ?? 'inherit', 'ipc'],
    // Its own process group: it is stopped by us, in order, and not by the terminal.
    detached: true,
  });
  const pid = child.pid ?? 0;
  let running = true;
  /** @type {string | undefined} */
  let failure;
  /** @type {Promise<number>} */
  const exited = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  }).then((code) => {
    running = false;
    return code;
  });
  /** @type {Promise<void>} */
  const said = new Promise((resolve) => {
    child.on('message', (message) => {
      const { type, message: text } = /** @type {{ type?: string, message?: string }} */ (message);
      if (type === 'failed') failure = text;
      if (type === 'ready') resolve();
    });
  });

  return {
    exited,
    identity: () => identify(pid),
    /** Resolves when it listens; rejects with its own words when it cannot. */
    async ready() {
      let timer;
      const late = new Promise((resolve) => {
        timer = setTimeout(() => resolve('late'), READY_MS);
      });
      const outcome = await Promise.race([said.then(() => 'ready'), exited, late]);
      clearTimeout(timer);
      if (outcome === 'ready') return;
      if (outcome === 'late') throw new Failure(`The server did not listen within ${READY_MS / 1000} s.`);
      if (failure && /EADDRINUSE/.test(failure)) throw portIsBusy(port);
      throw new Failure(
        failure ? `The server cannot start: ${failure}` : `The server ended with code ${outcome}.`,
      );
    },
    /** @param {AbortSignal} [force] */
    async stop(force) {
      const over = () => !running;
      if (running) sendSignal(pid, 'SIGTERM');
      await until(() => over() || force?.aborted === true, DRAIN_MS);
      // The group, also when the server has ended: what it had started goes with it.
      if (pid) sendSignal(-pid, 'SIGKILL');
      await until(over, 2_000);
    },
  };
}

/**
 * A server whose supervisor was killed ends by itself, but it may be draining still, and it holds the port.
 * @param {ProcessIdentity | undefined} identity
 */
export async function stopLeftOverServer(identity) {
  const gone = () => !identity || identify(identity.pid)?.started !== identity.started;
  if (!identity || gone()) return;
  if (!(await until(gone, 3_000))) sendSignal(-identity.pid, 'SIGKILL');
  await until(gone, 2_000);
}
