/** A sweep as it last ran in this process. Times are milliseconds since 1970. */
export type SweepRun = {
  name: string;
  everyMs: number;
  finishedAt: number;
  durationMs: number;
  succeededAt: number | null;
  error: string | null;
};

// One per process, whichever of its bundles runs them.
const RUNS = Symbol.for('ragtoolkit.vitals.sweeps');
const globals = globalThis as { [RUNS]?: Map<string, SweepRun> };

/** Notes that a sweep has ended, with or without an error. */
export function noteSweep(run: Omit<SweepRun, 'succeededAt' | 'error'>, error: unknown = null): void {
  globals[RUNS] ??= new Map();
  const before = globals[RUNS].get(run.name);
  const message = error === null ? null : error instanceof Error ? error.name : 'failed';
  globals[RUNS].set(run.name, {
    ...run,
    succeededAt: message === null ? run.finishedAt : (before?.succeededAt ?? null),
    error: message,
  });
}

/** The sweeps that have run in this process, as they last did. */
export function sweepsRun(): SweepRun[] {
  return [...(globals[RUNS]?.values() ?? [])];
}
