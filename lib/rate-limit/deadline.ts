type Waiting = { until: number; give: (() => void) | null };

/** Entries that are over are dropped from the front of the line when there are so many of them. */
const COMPACT_FROM = 1_024;

/**
 * Ends promises that take longer than `ms`, with one timer for all of them: a timer each costs more than what is waited
 * for. As all have the same time, they end in the order in which they began.
 */
export class Deadline {
  private line: Waiting[] = [];
  private first = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly ms: number) {}

  /**
   * Rejects when a promise takes longer. Where this process itself was held up, the answer may have arrived already and
   * not been read: one round of reading is given to it after the time is over.
   */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = {
        until: performance.now() + this.ms,
        give: () => reject(new Error(`no answer within ${this.ms} ms`)),
      };
      this.line.push(entry);
      this.timer ??= setTimeout(this.end, this.ms);
      promise.then(
        (value) => {
          entry.give = null;
          resolve(value);
        },
        (error) => {
          entry.give = null;
          reject(error);
        },
      );
    });
  }

  /** Ends those whose time is over, and waits for the next of those that are still waited for. */
  private readonly end = (): void => {
    this.timer = null;
    const now = performance.now();
    for (; this.first < this.line.length; this.first++) {
      const entry = this.line[this.first] as Waiting;
      if (entry.give === null) continue;
      if (entry.until > now) {
        this.timer = setTimeout(this.end, Math.ceil(entry.until - now));
        break;
      }
      setImmediate(() => setImmediate(() => entry.give?.()));
    }
    if (this.first === this.line.length || this.first >= COMPACT_FROM) {
      this.line = this.line.slice(this.first);
      this.first = 0;
    }
  };
}
