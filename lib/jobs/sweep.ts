import { logError } from '@/lib/log';
import { noteSweep } from '@/lib/vitals/sweeps';

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
    const begun = Date.now();
    const note = (error?: unknown) => {
      const finishedAt = Date.now();
      noteSweep({ name, everyMs, finishedAt, durationMs: finishedAt - begun }, error);
    };
    await sweep().then(
      () => note(),
      (error) => {
        note(error);
        logError(error, `sweep ${name} failed`);
      },
    );
    setTimeout(run, everyMs).unref();
  };
  void run();
}
