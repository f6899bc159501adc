/** Remembered; the oldest go first. */
const CAPACITY = 10_000;

// One per process, whichever of its bundles asks.
const ENDED = Symbol.for('ragtoolkit.ended-sessions');
const globals = globalThis as { [ENDED]?: Set<string> };

/**
 * Remembers a session that the database says is over, or not yet one. Its cookie still decrypts, but whoever sends it is a
 * stranger, and must not use up what its person may ask. A session that has ended never lives again.
 */
export function noteEndedSession(sessionId: string): void {
  globals[ENDED] ??= new Set();
  const ended = globals[ENDED];
  if (ended.has(sessionId)) return;
  const oldest = ended.size >= CAPACITY ? ended.values().next() : undefined;
  if (oldest && !oldest.done) ended.delete(oldest.value);
  ended.add(sessionId);
}

/** Whether a session is known to be over. */
export function isEndedSession(sessionId: string): boolean {
  return globals[ENDED]?.has(sessionId) ?? false;
}
