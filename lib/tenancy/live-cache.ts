import { pool } from '@/db/client';
import { logError } from '@/lib/log';

/** The channel that says what has changed: payloads are `<cache name>:<key>`, and `ping:…` from the heartbeat. */
export const CHANGE_CHANNEL = 'ragtoolkit_changes';
/** The longest that a cached answer may be behind the database, in milliseconds. */
const MAX_STALE_MS = 5_000;
const HEARTBEAT_MS = 2_000;

/** Whatever holds answers that change: it is told which key is another one now, and when it is unknown which are. */
export type Follower = { invalidate(key: string): void; clear(): void };

type Entry<V> = { value: V | null; loadedAt: number };
type Flight<V> = { promise: Promise<V | null>; overtaken: boolean };

/**
 * Rows of a control table held in memory, bounded, with "there is none" remembered too. An entry lives until the
 * database says that it changed (LISTEN/NOTIFY). Whether it still speaks is proved by a heartbeat through the same
 * channel; while none is heard, an entry is believed for 5 s and no longer.
 */
export class LiveCache<V> implements Follower {
  private readonly entries = new Map<string, Entry<V>>();
  private readonly flights = new Map<string, Flight<V>>();

  /**
   * @param name the prefix of this cache's change messages
   * @param capacity entries kept; the least recently used go first
   * @param load reads one key from the database, null when there is none
   */
  constructor(
    readonly name: string,
    private readonly capacity: number,
    private readonly load: (key: string) => Promise<V | null>,
  ) {
    followChanges(name, this);
  }

  /** The value of a key, from memory where that is fresh. Throws what `load` throws; concurrent misses load once. */
  async get(key: string): Promise<V | null> {
    const entry = this.entries.get(key);
    if (entry && isFresh(entry.loadedAt)) {
      this.entries.delete(key);
      this.entries.set(key, entry);
      return entry.value;
    }
    const flying = this.flights.get(key);
    if (flying && !flying.overtaken) return flying.promise;
    return this.fetch(key);
  }

  /** Forgets a key, and keeps a read under way from being remembered: it may have seen the row before the change. */
  invalidate(key: string): void {
    this.entries.delete(key);
    const flying = this.flights.get(key);
    if (flying) flying.overtaken = true;
  }

  /** Forgets everything: after a reconnect it is unknown what was missed. */
  clear(): void {
    this.entries.clear();
    for (const flight of this.flights.values()) flight.overtaken = true;
  }

  private fetch(key: string): Promise<V | null> {
    const loadedAt = Date.now();
    const flight: Flight<V> = { overtaken: false, promise: Promise.resolve(null) };
    flight.promise = this.load(key)
      .then((value) => {
        if (!flight.overtaken) this.remember(key, { value, loadedAt });
        return value;
      })
      .finally(() => {
        if (this.flights.get(key) === flight) this.flights.delete(key);
      });
    this.flights.set(key, flight);
    return flight.promise;
  }

  private remember(key: string, entry: Entry<V>): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    if (this.entries.size > this.capacity) {
      const oldest = this.entries.keys().next();
      if (!oldest.done) this.entries.delete(oldest.value);
    }
  }
}

type Listener = { caches: Map<string, Follower>; heardAt: number; started: boolean };

// One per process, whichever of its bundles asks.
const LISTENER = Symbol.for('ragtoolkit.live-cache.listener');
const globals = globalThis as { [LISTENER]?: Listener };

function listener(): Listener {
  globals[LISTENER] ??= { caches: new Map(), heardAt: 0, started: false };
  return globals[LISTENER];
}

function isFresh(loadedAt: number): boolean {
  const now = Date.now();
  return now - loadedAt < MAX_STALE_MS || now - listener().heardAt < MAX_STALE_MS;
}

/** Hands on to `follower` what is announced as `<name>:<key>`. A later one of that name takes its place. */
export function followChanges(name: string, follower: Follower): void {
  listener().caches.set(name, follower);
}

/** Starts listening for changes and the heartbeat. Called once where the process lives on; safe to call again. */
export function startListening(): void {
  const state = listener();
  if (state.started) return;
  state.started = true;
  const { sql } = pool('platform');
  const connect = () =>
    sql.listen(CHANGE_CHANNEL, handleChange, clearAll).catch((error) => {
      logError(error, 'cannot listen for changes; trying again');
      setTimeout(connect, HEARTBEAT_MS).unref();
    });
  void connect();
  const beat = () => sql.notify(CHANGE_CHANNEL, `ping:${Date.now()}`).catch(() => {}); // a missed beat makes entries age, no more
  void beat();
  setInterval(beat, HEARTBEAT_MS).unref();
}

/** Milliseconds since changes were last proved to arrive; null where this process does not listen. */
export function changesHeardAgo(): number | null {
  const { started, heardAt } = listener();
  return started ? Date.now() - heardAt : null;
}

function clearAll(): void {
  for (const cache of listener().caches.values()) cache.clear();
}

function handleChange(payload: string): void {
  const colon = payload.indexOf(':');
  const name = payload.slice(0, colon);
  const rest = payload.slice(colon + 1);
  // A ping proves that all before its sending has arrived: it counts from when it was sent, by whichever process.
  if (name === 'ping')
    listener().heardAt = Math.max(listener().heardAt, Math.min(Number(rest) || 0, Date.now()));
  else listener().caches.get(name)?.invalidate(rest);
}
