import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { describeTables, type TableShape } from '@/db/export';
import { withOwner } from '@/db/tenant';
import { readTar, type TarFile } from '@/lib/archive/tar';
import { AppError } from '@/lib/errors';
import { exportedControlTables } from '@/lib/workflows/export/rules';
import type { ArchiveManifest } from '@/lib/workflows/export/schema';
import { assertComplete, assertKnown, parseManifest, refuse, type Sums, tableOf } from './rules';
import { type ArchivedMember, archivedMember, type ImportProgress } from './schema';

/** An archive that is whole: what its manifest says, and its people with their membership's line. */
export type VerifiedArchive = {
  manifest: ArchiveManifest;
  members: (ArchivedMember & { line: string })[];
};

/**
 * Reads a whole archive and checks it: complete, nothing changed, nothing in it that this installation does not know.
 * Throws AppError `invalid_input` with the reason as a sentence.
 */
export async function verifyArchive(
  file: string,
  report: (progress: ImportProgress) => void = () => {},
): Promise<VerifiedArchive> {
  const files = new Map<string, Sums>();
  const tables = new Map<string, Sums & { hash: Hash }>();
  const members: VerifiedArchive['members'] = [];
  let manifest: ArchiveManifest | undefined;
  let rows = 0;
  for await (const { name, content } of readArchive(file)) {
    if (name === 'README.md') continue;
    if (name === 'manifest.json') {
      manifest = parseManifest(content.toString());
      continue;
    }
    const table = tableOf(name);
    if (!table || files.has(name)) throw refuse(`The archive holds ${name}, which is no file of an export.`);
    const sums = sumsOf(content);
    files.set(name, sums);
    const whole = tables.get(table) ?? { rows: 0, bytes: 0, sha256: '', hash: createHash('sha256') };
    whole.rows += sums.rows;
    whole.bytes += sums.bytes;
    whole.hash.update(content);
    tables.set(table, whole);
    if (table === 'memberships') members.push(...linesOf(content).map(toMember));
    rows += sums.rows;
    report({ phase: 'check', rows, total: null });
  }
  if (!manifest)
    throw refuse('The archive has no manifest.json: the download was cut off. Export the workspace again.');
  for (const whole of tables.values()) whole.sha256 = whole.hash.digest('hex');
  assertComplete(manifest, files, tables);
  const known = (await describeHere()).map(
    ({ name, columns }) =>
      [
        name,
        new Set([...columns.map((column) => column.name), ...(exportedControlTables[name]?.adds ?? [])]),
      ] as const,
  );
  assertKnown(manifest, new Map(known));
  return { manifest, members };
}

/** The tables that an archive may hold, as they are in this installation. */
export async function describeHere(): Promise<TableShape[]> {
  return withOwner((db) => describeTables(db, Object.keys(exportedControlTables)));
}

/** The files of an archive, one at a time. Throws AppError `invalid_input` for what is no archive, or cut off. */
export async function* readArchive(file: string): AsyncGenerator<TarFile> {
  const gunzip = createGunzip();
  // What goes wrong in the file destroys gunzip, and so comes out below.
  pipeline(createReadStream(file), gunzip).catch(() => {});
  try {
    yield* readTar(gunzip);
  } catch (error) {
    throw error instanceof AppError ? error : refuse(sentenceFor(error, file));
  }
}

function sentenceFor(error: unknown, file: string): string {
  const code = String((error as { code?: unknown }).code ?? '');
  if (code === 'ENOENT') return `There is no file ${file}.`;
  if (code === 'EISDIR' || code === 'EACCES') return `${file} cannot be read.`;
  if (code === 'Z_BUF_ERROR') return 'The archive is not complete: it ends too early.';
  if (code.startsWith('Z_')) return 'The file is no .tar.gz archive, or it is damaged.';
  return error instanceof Error ? error.message : String(error);
}

/** Rows, bytes and checksum of a part. Every line ends with a line end. */
export function sumsOf(content: Buffer): Sums {
  let rows = 0;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) rows++;
  return { rows, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** The lines of a part. */
export function linesOf(content: Buffer): string[] {
  return content.toString().split('\n').slice(0, -1);
}

function toMember(line: string): ArchivedMember & { line: string } {
  const result = archivedMember.safeParse(JSON.parse(line));
  if (!result.success) throw refuse('The archive holds a membership without a person.');
  return { ...result.data, line };
}
