import { type Box, emit, find } from '../box';
import { prune } from '../prune';
import { nextHappening } from './due';

const SWEEP_MS = 60_000;
/** More at one moment is a fault of the sandbox, and would never end. */
const MAX_STEPS = 100_000;

export type Clocks = { wake: () => void; close: () => Promise<void> };

/**
 * Lets time pass: on test clocks that advance, from one thing to the next in order, each at its own time and as one
 * transaction; and in real time, a minute late at most.
 */
export function startClocks(box: Box, onError: (error: unknown) => void): Clocks {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let isClosed = false;
  let isAsked = false;

  const run = async () => {
    while (isAsked && !isClosed) {
      isAsked = false;
      for (const clock of box.store.where('test_clocks', ({ status }) => status === 'advancing'))
        await advance(box, clock.id, () => isClosed, onError);
      await catchUp(box, () => isClosed, onError);
      box.store.transaction(() => prune(box));
    }
  };
  const wake = () => {
    isAsked = true;
    if (running || isClosed) return;
    if (timer) clearTimeout(timer);
    running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(run)
      .catch(onError)
      .finally(() => {
        running = null;
        if (isClosed) return;
        if (isAsked) return wake();
        timer = setTimeout(wake, SWEEP_MS);
        timer.unref();
      });
  };
  return {
    wake,
    close: async () => {
      isClosed = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}

async function advance(
  box: Box,
  id: string,
  isClosed: () => boolean,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    for (let step = 0; step < MAX_STEPS; step++) {
      const isDone = box.store.transaction(() => advanceOne(box, id));
      if (isDone) return;
      // Requests are answered in between, as they are by Stripe.
      await new Promise((resolve) => setImmediate(resolve));
      if (isClosed()) return;
    }
    throw new Error('A test clock does not come to an end');
  } catch (error) {
    onError(error);
    const clock = box.store.get('test_clocks', id);
    if (clock)
      box.store.transaction(() => {
        const failed = { ...clock, status: 'internal_failure' as const, status_details: {} };
        box.store.put('test_clocks', failed);
        emit(box, 'test_helpers.test_clock.internal_failure', failed, { at: clock.frozen_time });
      });
  }
}

/** One step of a test clock. Says whether it has arrived. */
function advanceOne(box: Box, id: string): boolean {
  const clock = box.store.get('test_clocks', id);
  const target = clock?.status_details.advancing?.target_frozen_time;
  if (!clock || target === undefined) return true;
  const next = nextHappening(box, id, target);
  if (next) {
    // Something may have been due before the clock was set: it happens now.
    const frozen = Math.max(clock.frozen_time, next.at);
    box.store.put('test_clocks', { ...clock, frozen_time: frozen });
    next.run();
    return false;
  }
  const arrived = { ...clock, frozen_time: target, status: 'ready' as const, status_details: {} };
  box.store.put('test_clocks', arrived);
  emit(box, 'test_helpers.test_clock.ready', arrived, { at: target });
  return true;
}

async function catchUp(box: Box, isClosed: () => boolean, onError: (error: unknown) => void): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = nextHappening(box, null, Math.floor(box.realNow() / 1_000));
    if (!next || isClosed()) return;
    try {
      box.store.transaction(next.run);
    } catch (error) {
      // Tried again with the next sweep: what comes after it must not happen before it.
      onError(error);
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Begins to advance a clock; `wakeClocks` does the rest. */
export function beginAdvance(box: Box, id: string, target: number): void {
  const clock = find(box, 'test_clocks', id);
  const advancing = {
    ...clock,
    status: 'advancing' as const,
    status_details: { advancing: { target_frozen_time: target } },
  };
  box.store.put('test_clocks', advancing);
  emit(box, 'test_helpers.test_clock.advancing', advancing, { at: clock.frozen_time });
  box.wakeClocks();
}
