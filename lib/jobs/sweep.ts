import { logError } from '@/lib/log';

// Sweeps run once per process, whichever of its bundles starts them.
const SWEEPS = Symbol.for('ragtoolkit.sweeps');
const globals = globalThis as { [SWEEPS]?: Set<string> };

/**
 * Runs `sweep` now and then again `everyMs` after it ended, for as long as the process lives, never twice at once. A
 * failure is logged and the next run comes all the same. Starting a name again does nothing.
 */
export function startSweep(name: string, everyMs: number, sweep: () => Promise<void>): void {
  globals[SWEEPS] ??= new Set();
  if (globals[SWEEPS].has(name)) return;
  globals[SWEEPS].add(name);
  const run = async () => {
    await sweep().catch((error) => logError(error, `sweep ${name} failed`));
    setTimeout(run, everyMs).unref();
  };
  void run();
}
