import { describe, Failure, Stopped } from './failure.mjs';

/**
 * npm hands a terminal's Ctrl-C on to its child, which has received it from the terminal already: two signals within
 * this time are one wish.
 */
const SAME_WISH_MS = 1_000;

/**
 * How a command ends: what was started is stopped in reverse order, whatever the reason (done, a signal, a failure).
 * @typedef {{ force: AbortSignal }} Ending aborted when patience is over: stop at once
 * @typedef {ReturnType<typeof createLifetime>} Lifetime
 */

/** @param {{ codeWhenAsked: number, onStopping?: (reason: string) => void }} options */
export function createLifetime({ codeWhenAsked, onStopping }) {
  const stopping = new AbortController();
  const force = new AbortController();
  /** @type {((ending: Ending) => unknown)[]} */
  const deferred = [];
  let firstSignal = 0;

  /** @param {number} code */
  async function end(code) {
    if (stopping.signal.aborted) return;
    stopping.abort(new Stopped());
    for (;;) {
      const stop = deferred.pop();
      if (!stop) break;
      try {
        await stop({ force: force.signal });
      } catch (error) {
        console.error(describe(error));
      }
    }
    process.exit(code);
  }

  /** @param {NodeJS.Signals} signal */
  function onSignal(signal) {
    if (firstSignal === 0) {
      firstSignal = Date.now();
      if (!stopping.signal.aborted) onStopping?.(signal);
      void end(codeWhenAsked);
    } else if (Date.now() - firstSignal > SAME_WISH_MS) {
      force.abort();
    }
  }

  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, onSignal);
  // A closed terminal must not keep us from stopping what we started.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  endWithNpm(() => void end(codeWhenAsked));

  return {
    /** Aborted as soon as the command is to stop. */
    signal: stopping.signal,
    /** @param {(ending: Ending) => unknown} stop run when the command ends; the last deferred runs first */
    defer(stop) {
      deferred.push(stop);
    },
    end,
    /**
     * Runs the command's body; what it throws is shown and ends the command with 1.
     * @param {() => Promise<number | undefined>} body resolves to an exit code, or to undefined to stay alive
     */
    async run(body) {
      process.on('uncaughtException', (error) => fail(error));
      process.on('unhandledRejection', (error) => fail(error));
      try {
        const code = await body();
        if (code !== undefined) await end(code);
      } catch (error) {
        await fail(error);
      }
    },
  };

  /** @param {unknown} error */
  async function fail(error) {
    if (stopping.signal.aborted) return;
    if (error instanceof Failure) console.error(error.message);
    else if (!(error instanceof Stopped)) console.error(describe(error));
    await end(1);
  }
}

/**
 * `npm start` that is killed hard leaves its child behind, still holding port and database, and who killed it believes
 * it gone. So a command started by npm ends when npm is no longer its parent.
 * @param {() => void} end
 */
function endWithNpm(end) {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    end();
  }, 500);
  timer.unref();
}
