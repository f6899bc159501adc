/**
 * Tar archives, as far as our own need it: regular files with short names, written and read as a stream (POSIX ustar).
 * A file's size stands before its contents, so each one is held in memory whole and is therefore small.
 */
const BLOCK = 512;
/** A larger file is refused by the reader: it would be held in memory. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

export type TarFile = { name: string; content: Buffer };

/** A file as it stands in an archive: header, contents and padding. Throws a RangeError for a name of over 100 bytes. */
export function tarFile({ name, content }: TarFile, modified: Date): Buffer {
  const padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
  return Buffer.concat([tarHeader(name, content.length, modified), content, Buffer.alloc(padding)]);
}

/** What ends an archive: two empty blocks. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

function tarHeader(name: string, size: number, modified: Date): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError('a name in an archive has at most 100 bytes');
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
  header.write(name, 0, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8); // owner and group: nobody's
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(modified.getTime() / 1000), 136, 12);
  header.write('0', 156, 'latin1'); // a regular file
  header.write('ustar\0', 257, 'latin1');
  header.write('00', 263, 'latin1');
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The sum of the header's bytes, its own eight counted as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header.readUInt8(i);
  return sum;
}

/**
 * The regular files of an archive, one after the other, each whole. Folders and the notes that other programs leave
 * (pax headers) are passed over. Throws an Error whose message is a sentence for who gave us the archive: it is cut off,
 * damaged, or holds a file of over 128 MB.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const input = new ByteReader(source);
  try {
    yield* readFiles(input);
  } finally {
    await input.close();
  }
}

async function* readFiles(input: ByteReader): AsyncGenerator<TarFile> {
  for (;;) {
    const header = await input.read(BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (checksum(header) !== Number.parseInt(text(header, 148, 8), 8))
      throw new Error('The archive is damaged: a file header in it is not valid.');
    const size = Number.parseInt(text(header, 124, 12), 8) || 0;
    if (size > MAX_FILE_BYTES) throw new Error('The archive holds a file that is too large.');
    const content = await input.read(size);
    await input.read((BLOCK - (size % BLOCK)) % BLOCK);
    const kind = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const name = `${prefix ? `${prefix}/` : ''}${text(header, 0, 100)}`.replace(/^\.\//, '');
    if (kind === '0' || kind === '') yield { name, content };
    else if (!['5', 'x', 'g'].includes(kind))
      throw new Error(`The archive holds something that is no file: ${name}`);
  }
}

function text(header: Buffer, offset: number, length: number): string {
  const field = header.toString('utf8', offset, offset + length);
  const end = field.indexOf('\0');
  return (end < 0 ? field : field.slice(0, end)).trim();
}

/** Bytes of a stream, as many as one asks for. */
class ByteReader {
  private readonly source: AsyncIterator<Uint8Array>;
  private pending: Uint8Array[] = [];
  private available = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Tells the stream that nobody reads on. */
  async close(): Promise<void> {
    await this.source.return?.();
  }

  async read(length: number): Promise<Buffer> {
    while (this.available < length) {
      const next = await this.source.next();
      if (next.done) throw new Error('The archive is not complete: it ends too early.');
      this.pending.push(next.value);
      this.available += next.value.length;
    }
    const all = this.pending.length === 1 && this.pending[0] ? this.pending[0] : Buffer.concat(this.pending);
    const rest = all.subarray(length);
    this.pending = rest.length > 0 ? [rest] : [];
    this.available = rest.length;
    return Buffer.from(all.buffer, all.byteOffset, length);
  }
}
