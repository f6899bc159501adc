import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTar, type TarFile, tarEnd, tarFile } from '@/lib/archive/tar';

const modified = new Date('2026-02-03T04:05:06Z');
const files: TarFile[] = [
  { name: 'README.md', content: Buffer.from('# Ü\n') },
  { name: 'traces/000001.jsonl', content: Buffer.alloc(7_000, 'x') },
  { name: 'empty', content: Buffer.alloc(0) },
  { name: 'block', content: Buffer.alloc(1024, 'b') },
];
const archive = Buffer.concat([...files.map((file) => tarFile(file, modified)), tarEnd()]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tar-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(bytes: Buffer, piece = bytes.length): Promise<TarFile[]> {
  const pieces = [];
  for (let i = 0; i < bytes.length; i += piece) pieces.push(bytes.subarray(i, i + piece));
  const found: TarFile[] = [];
  for await (const file of readTar(Readable.from(pieces))) found.push(file);
  return found;
}

describe('tarFile', () => {
  test('makes what the system’s tar unpacks, with names, contents and times', () => {
    writeFileSync(path.join(folder, 'ours.tar'), archive);
    execFileSync('tar', ['-xf', 'ours.tar'], { cwd: folder });
    for (const { name, content } of files)
      expect(readFileSync(path.join(folder, name)).equals(content), name).toBe(true);
    expect(statSync(path.join(folder, 'README.md')).mtime).toEqual(modified);
  });

  test('refuses a name that has no place in the header', () => {
    expect(() => tarFile({ name: 'ü'.repeat(51), content: Buffer.alloc(0) }, modified)).toThrow(RangeError);
  });
});

describe('readTar', () => {
  test.each([1, 7, 512, 513, 100_000])('reads what was written, in pieces of %i bytes', async (piece) => {
    expect(await read(archive, piece)).toEqual(files);
  });

  test.each(['ustar', 'pax'])('reads what the system’s tar packs as %s', async (format) => {
    execFileSync('tar', ['-xf', '-'], { cwd: folder, input: archive });
    const names = files.map(({ name }) => `./${name}`);
    const packed = execFileSync(
      'tar',
      ['-cf', '-', `--format=${format}`, '--no-recursion', './traces', ...names],
      {
        cwd: folder,
      },
    );
    const found = new Map((await read(packed)).map(({ name, content }) => [name, content]));
    for (const { name, content } of files) expect(found.get(name)?.equals(content), name).toBe(true);
  });

  test('says that an archive ends too early, wherever it was cut', async () => {
    for (const end of [0, 100, 512, 600, archive.length - 1024])
      await expect(read(archive.subarray(0, end))).rejects.toThrow('ends too early');
  });

  test('refuses a damaged header, a file that is too large, and a link', async () => {
    const damaged = Buffer.from(archive);
    damaged.write('X', 0);
    await expect(read(damaged)).rejects.toThrow('damaged');
    const large = tarFile({ name: 'large', content: Buffer.alloc(0) }, modified);
    large.write('77777777777', 124);
    await expect(read(withChecksum(large))).rejects.toThrow('too large');
    const link = tarFile({ name: 'link', content: Buffer.alloc(0) }, modified);
    link.write('2', 156);
    await expect(read(withChecksum(link))).rejects.toThrow('no file: link');
  });
});

function withChecksum(header: Buffer): Buffer {
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
