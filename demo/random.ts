/** Numbers that look random and are the same for the same seed. */
export type Random = {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** One of the items; the list may not be empty. */
  pick<T>(items: readonly T[]): T;
  /** One of the items, each as likely as its weight among all weights. */
  weighted<T extends { weight: number }>(items: readonly T[]): T;
  /** A new list in another order. */
  shuffle<T>(items: readonly T[]): T[];
  /** Skewed to the right around a median, as durations are: most near it, a few far above. */
  logNormal(median: number, sigma: number): number;
  /** In the form of a UUID of version 4. */
  uuid(): string;
};

/** A mulberry32 generator: 32 bits of state, good enough to vary a demo and nothing else. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(next() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick from');
    return item;
  }

  function weighted<T extends { weight: number }>(items: readonly T[]): T {
    let rest = next() * items.reduce((sum, { weight }) => sum + weight, 0);
    for (const item of items) {
      rest -= item.weight;
      if (rest < 0) return item;
    }
    return pick(items);
  }

  function shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, place: next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item);
  }

  return {
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick,
    weighted,
    shuffle,
    logNormal(median, sigma) {
      // Box and Muller's way from two even numbers to a normal one.
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(sigma * normal);
    },
    uuid() {
      const digits = Array.from({ length: 32 }, () => Math.floor(next() * 16).toString(16));
      digits[12] = '4';
      digits[16] = '89ab'[Math.floor(next() * 4)] ?? '8';
      const hex = digits.join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      );
    },
  };
}

/** Deals items in random order, each once before any comes again. */
export function createDeck<T>(items: readonly T[], random: Random): () => T {
  if (items.length === 0) throw new Error('A deck needs a card');
  let rest: T[] = [];
  return () => {
    if (rest.length === 0) rest = random.shuffle(items);
    return rest.pop() as T;
  };
}
