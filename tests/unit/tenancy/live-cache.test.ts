import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';

/** The channel of the database, in the test's own hands. */
const channel = vi.hoisted(() => ({
  heard: (_payload: string) => {},
  connected: () => {},
  sent: [] as string[],
  broken: false,
}));

vi.mock('@/db/client', () => ({
  pool: () => ({
    sql: {
      async listen(_channel: string, heard: (payload: string) => void, connected: () => void) {
        Object.assign(channel, { heard, connected });
        connected();
      },
      async notify(_channel: string, payload: string) {
        channel.sent.push(payload);
        if (!channel.broken) channel.heard(payload);
      },
    },
  }),
}));

const { LiveCache, startListening } = await import('@/lib/tenancy/live-cache');

const second = 1000;
let today = Date.parse('2100-01-01T00:00:00Z');

beforeEach(() => {
  today += 24 * 3600 * second; // what one test has heard is long past in the next
  vi.useFakeTimers({ now: today });
  channel.broken = false;
});
afterEach(() => {
  vi.useRealTimers();
});

let names = 0;

/** A cache over a table of one column. Counts how often each key was read. */
function cacheOver(table: Record<string, string>, capacity = 100) {
  const load = vi.fn(async (key: string) => table[key] ?? null);
  const name = `cache-${names++}`;
  return { cache: new LiveCache<string>(name, capacity, load), load, name };
}

describe('LiveCache without a listener', () => {
  test('reads once within 5 s, and again after', async () => {
    const table: Record<string, string> = { a: 'old' };
    const { cache, load } = cacheOver(table);
    expect(await cache.get('a')).toBe('old');
    table.a = 'new';
    vi.advanceTimersByTime(5 * second - 1);
    expect(await cache.get('a')).toBe('old');
    expect(load).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(await cache.get('a')).toBe('new');
  });

  test('counts an age from before the read, not from after it', async () => {
    const reads: ((value: string) => void)[] = [];
    const load = vi.fn(() => new Promise<string>((resolve) => reads.push(resolve)));
    const cache = new LiveCache<string>(`cache-${names++}`, 10, load);
    const slow = cache.get('a');
    vi.advanceTimersByTime(4 * second);
    reads[0]?.('old');
    expect(await slow).toBe('old');
    vi.advanceTimersByTime(second);
    void cache.get('a');
    expect(load).toHaveBeenCalledTimes(2);
  });

  test('remembers that there is none', async () => {
    const { cache, load } = cacheOver({});
    expect(await cache.get('nobody')).toBeNull();
    expect(await cache.get('nobody')).toBeNull();
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('reads once for many who ask at the same time', async () => {
    const { cache, load } = cacheOver({ a: 'x' });
    expect(await Promise.all(Array.from({ length: 50 }, () => cache.get('a')))).toEqual(Array(50).fill('x'));
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('forgets a failed read', async () => {
    const load = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue('x');
    const cache = new LiveCache<string>(`cache-${names++}`, 10, load);
    await expect(cache.get('a')).rejects.toThrow('away');
    expect(await cache.get('a')).toBe('x');
  });

  test('does not remember a read that a change has overtaken', async () => {
    const reads: ((value: string) => void)[] = [];
    const load = vi.fn(() => new Promise<string>((resolve) => reads.push(resolve)));
    const cache = new LiveCache<string>(`cache-${names++}`, 10, load);

    const before = cache.get('a');
    cache.invalidate('a');
    const after = cache.get('a');
    expect(load).toHaveBeenCalledTimes(2); // whoever asks after the change does not wait for the older read

    reads[1]?.('new');
    expect(await after).toBe('new');
    reads[0]?.('old'); // arrives last
    expect(await before).toBe('old');
    expect(await cache.get('a')).toBe('new');
    expect(load).toHaveBeenCalledTimes(2);
  });

  test('keeps track of the later read while an overtaken one comes to its end', async () => {
    const reads: ((value: string) => void)[] = [];
    const load = vi.fn(() => new Promise<string>((resolve) => reads.push(resolve)));
    const cache = new LiveCache<string>(`cache-${names++}`, 10, load);
    const first = cache.get('a');
    cache.invalidate('a');
    const second = cache.get('a');
    reads[0]?.('oldest');
    await first;
    cache.invalidate('a');
    reads[1]?.('old');
    await second;
    void cache.get('a');
    expect(load).toHaveBeenCalledTimes(3);
  });

  test('does not remember a read that a reconnect has overtaken', async () => {
    const reads: ((value: string) => void)[] = [];
    const cache = new LiveCache<string>(
      `cache-${names++}`,
      10,
      () => new Promise((resolve) => reads.push(resolve)),
    );
    const before = cache.get('a');
    cache.clear();
    reads[0]?.('old');
    await before;
    void cache.get('a');
    expect(reads).toHaveLength(2);
  });

  test('keeps no more than its capacity, and lets the longest unused go', async () => {
    const { cache, load } = cacheOver({ a: '1', b: '2', c: '3', d: '4' }, 3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) await cache.get(key); // b is the longest unused
    load.mockClear();
    for (const key of ['a', 'c', 'd']) await cache.get(key);
    expect(load).not.toHaveBeenCalled();
    await cache.get('b');
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('bounds what is remembered about keys that do not exist', async () => {
    const { cache, load } = cacheOver({}, 10);
    for (let i = 0; i < 1000; i++) await cache.get(`nobody-${i}`);
    load.mockClear();
    for (let i = 0; i < 990; i++) await cache.get(`nobody-${i}`);
    expect(load).toHaveBeenCalledTimes(990);
  });
});

describe('LiveCache with a listener', () => {
  // The heartbeat's own timer belongs to the fake clock of one test; the others send it themselves.
  let intervals: MockInstance;

  beforeAll(() => {
    vi.useFakeTimers();
    intervals = vi.spyOn(globalThis, 'setInterval');
    startListening();
    vi.clearAllTimers();
  });

  test('starts once, however often it is asked to', () => {
    const sent = channel.sent.length;
    startListening();
    expect(channel.sent).toHaveLength(sent);
  });

  test('believes an entry for as long as the heartbeat is heard', async () => {
    const { cache, load } = cacheOver({ a: 'x' });
    await cache.get('a');
    for (let i = 0; i < 60; i++) {
      vi.advanceTimersByTime(second);
      if (i % 2) channel.heard(`ping:${Date.now()}`); // whichever process has sent it
      await cache.get('a');
    }
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('sends a heartbeat of its own every 2 s', () => {
    expect(channel.sent[0]).toMatch(/^ping:\d{13}$/);
    expect(intervals).toHaveBeenCalledWith(expect.any(Function), 2 * second);
  });

  test('believes nothing older than 5 s once the heartbeat is silent', async () => {
    channel.heard(`ping:${Date.now()}`);
    const { cache, load } = cacheOver({ a: 'x' });
    await cache.get('a');
    vi.advanceTimersByTime(4.9 * second);
    channel.heard(`ping:${Date.now() - 2 * second}`); // it counts from when it was sent
    vi.advanceTimersByTime(2.9 * second);
    await cache.get('a');
    expect(load).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(0.1 * second);
    await cache.get('a');
    expect(load).toHaveBeenCalledTimes(2);
  });

  test.each([
    `ping:${Date.parse('2100-12-31')}`,
    'ping:soon',
    'ping:',
    'ping:-1',
    'ping:NaN',
    'ping:Infinity',
  ])('takes %j for no heartbeat of a time to come', async (message) => {
    const { cache, load } = cacheOver({ a: 'x' });
    await cache.get('a');
    channel.heard(message);
    vi.advanceTimersByTime(5 * second);
    await cache.get('a');
    expect(load).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(4 * second);
    channel.heard(`ping:${Date.now()}`); // and goes on hearing those that are good
    vi.advanceTimersByTime(4 * second);
    await cache.get('a');
    expect(load).toHaveBeenCalledTimes(2);
  });

  test('forgets what the database says has changed, and nothing else', async () => {
    const table: Record<string, string> = { a: 'old', b: 'old', 'x:y': 'old' };
    const { cache, name } = cacheOver(table);
    for (const key of Object.keys(table)) await cache.get(key);
    Object.assign(table, { a: 'new', b: 'new', 'x:y': 'new' });
    channel.heard(`${name}:a`);
    channel.heard(`${name}:x:y`);
    channel.heard('another-cache:b');
    channel.heard('b');
    channel.heard('');
    expect([await cache.get('a'), await cache.get('b'), await cache.get('x:y')]).toEqual([
      'new',
      'old',
      'new',
    ]);
  });

  test('forgets that there was none, once there is', async () => {
    const table: Record<string, string> = {};
    const { cache, name } = cacheOver(table);
    expect(await cache.get('a')).toBeNull();
    table.a = 'born';
    channel.heard(`${name}:a`);
    expect(await cache.get('a')).toBe('born');
  });

  test('forgets everything after a reconnect', async () => {
    const table: Record<string, string> = { a: 'old' };
    const { cache } = cacheOver(table);
    await cache.get('a');
    table.a = 'new';
    channel.connected();
    expect(await cache.get('a')).toBe('new');
  });
});
