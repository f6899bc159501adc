import { mkdir, open, readFile, rename, truncate } from 'node:fs/promises';
import path from 'node:path';

/** One row written (or, with null, taken away). */
export type Change = { t: string; id: string; v: unknown };

type Handle = Awaited<ReturnType<typeof open>>;

const COMPACT_ABOVE_BYTES = 4_000_000;

/**
 * The file that the sandbox's state outlives its process in: a line of JSON for each transaction. Lines that come while
 * one write is under way go together into the next; `flushed` resolves when all that was appended before is on the disk.
 * When the file has grown to several times what it says, it is written anew beside the old one and takes its place at once.
 */
export class Journal {
  private pending: string[] = [];
  private writing: Promise<void> | null = null;
  /** What kept a line from the disk. From then on nothing can be promised, and nothing is. */
  private failure: { cause: unknown } | null = null;
  private size = 0;
  private compactAt = COMPACT_ABOVE_BYTES;

  private constructor(
    private readonly file: string,
    private handle: Handle,
    private readonly snapshot: () => Change[],
  ) {}

  /** Opens a journal, telling `apply` every change that it holds. A last line that a crash has cut off is taken away. */
  static async open(
    file: string,
    apply: (changes: Change[]) => void,
    snapshot: () => Change[],
  ): Promise<Journal> {
    await mkdir(path.dirname(file), { recursive: true });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(0, end).split('\n')) if (line) apply(JSON.parse(line) as Change[]);
    if (end < text.length) await truncate(file, Buffer.byteLength(text.slice(0, end)));
    const journal = new Journal(file, await open(file, 'a', 0o600), snapshot);
    journal.size = Buffer.byteLength(text.slice(0, end));
    journal.compactAt = Math.max(COMPACT_ABOVE_BYTES, journal.size * 2);
    return journal;
  }

  /** Takes the changes of one transaction: all of them will be there after a crash, or none. */
  append(changes: Change[]): void {
    this.pending.push(`${JSON.stringify(changes)}\n`);
    this.writing ??= this.write().catch((cause: unknown) => {
      this.failure ??= { cause };
    });
  }

  /** Resolves when everything appended so far is on the disk. Rejects when it could not be written. */
  async flushed(): Promise<void> {
    while (this.writing) await this.writing;
    if (this.failure) throw new Error('The sandbox cannot write its file', { cause: this.failure.cause });
  }

  /** Writes what is left and closes the file. */
  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.handle.close();
    }
  }

  private async write(): Promise<void> {
    try {
      // What else this turn of the event loop has to say goes along.
      await Promise.resolve();
      while (this.pending.length > 0) {
        const lines = this.pending.join('');
        this.pending = [];
        await this.handle.appendFile(lines);
        await this.handle.datasync();
        this.size += Buffer.byteLength(lines);
        if (this.size > this.compactAt) await this.compact();
      }
    } finally {
      this.writing = null;
    }
  }

  private async compact(): Promise<void> {
    // The snapshot holds what is pending too: replaying those lines again changes nothing.
    const text = this.snapshot()
      .map((change) => `${JSON.stringify([change])}\n`)
      .join('');
    const beside = `${this.file}.new`;
    const fresh = await open(beside, 'w', 0o600);
    await fresh.appendFile(text);
    await fresh.datasync();
    await rename(beside, this.file);
    await this.handle.close();
    this.handle = fresh;
    this.size = Buffer.byteLength(text);
    this.compactAt = Math.max(COMPACT_ABOVE_BYTES, this.size * 4);
  }
}
