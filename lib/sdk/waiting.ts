/** Timers that do not keep the process alive, except while somebody holds them. */
export type Waiting = {
  /** Calls back after a time; returns how to cancel it. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after a time, or when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets timers keep the process alive; returns how to end that. */
  hold(): () => void;
};

/** Makes the timers of one client. */
export function createWaiting(): Waiting {
  const timers = new Set<NodeJS.Timeout>();
  let holders = 0;

  function after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    if (holders === 0) timer.unref();
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  }

  return {
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = () => {
          cancel();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const cancel = after(ms, done);
        signal.addEventListener('abort', done);
      }),
    hold() {
      holders += 1;
      for (const timer of timers) timer.ref();
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders -= 1;
        if (holders === 0) for (const timer of timers) timer.unref();
      };
    },
  };
}
