import { AppError } from '@/lib/errors';
import { ARCHIVE_FORMAT, type ArchiveManifest, archiveManifest } from '@/lib/workflows/export/schema';

/** Sums over a file or a table, as the manifest states them and as they were found. */
export type Sums = { rows: number; bytes: number; sha256: string };

/** An archive or a wish that cannot be followed, as a sentence for the operator. */
export function refuse(message: string): AppError {
  return new AppError('invalid_input', message);
}

/** Reads `manifest.json`. Throws AppError `invalid_input` for one that is damaged or of another format. */
export function parseManifest(text: string): ArchiveManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('The archive is damaged: manifest.json is not JSON.');
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== ARCHIVE_FORMAT)
    throw refuse(`The archive has format ${String(format)}; this version reads format ${ARCHIVE_FORMAT}.`);
  const result = archiveManifest.safeParse(value);
  if (!result.success) throw refuse('The archive is damaged: manifest.json lacks what it should say.');
  return result.data;
}

/** The table that a file of the archive belongs to; null for one that is no table's. */
export function tableOf(file: string): string | null {
  return /^([a-z][a-z0-9_]*)\/\d{6,}\.jsonl$/.exec(file)?.[1] ?? null;
}

/**
 * Holds what was found in an archive against its manifest: the files in their order, and the sums of each and of each
 * table. Throws AppError `invalid_input` that names the first difference.
 */
export function assertComplete(
  manifest: ArchiveManifest,
  files: ReadonlyMap<string, Sums>,
  tables: ReadonlyMap<string, Sums>,
): void {
  const parts = manifest.tables.flatMap((table) => table.parts);
  const named = new Set(parts.map((part) => part.file));
  if (named.size < parts.length) throw refuse('The archive is damaged: the manifest names a file twice.');
  for (const file of files.keys())
    if (!named.has(file)) throw refuse(`The archive holds ${file}, which its manifest does not name.`);
  for (const part of parts) {
    const found = files.get(part.file);
    if (!found) throw refuse(`The archive lacks ${part.file}.`);
    if (!isSame(part, found)) throw refuse(`The archive is damaged: ${part.file} has a wrong checksum.`);
  }
  if ([...files.keys()].some((file, i) => file !== parts[i]?.file))
    throw refuse('The files of the archive are not in the order of an export: it was packed anew.');
  for (const table of manifest.tables) {
    const found = tables.get(table.name);
    if (table.parts.some(({ file }) => tableOf(file) !== table.name) || (!found && table.rows > 0))
      throw refuse(`The archive is damaged: the manifest’s files of ${table.name} are not its own.`);
    if (found && !isSame(table, found))
      throw refuse(`The archive is damaged: the table ${table.name} has a wrong checksum.`);
  }
}

function isSame(a: Sums, b: Sums): boolean {
  return a.rows === b.rows && a.bytes === b.bytes && a.sha256 === b.sha256;
}

/**
 * Holds the archive's tables against those of this installation. Throws AppError `invalid_input` for a table or a column
 * that is not known here: its contents would be lost.
 */
export function assertKnown(
  manifest: ArchiveManifest,
  known: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const { name, columns } of manifest.tables) {
    const here = known.get(name);
    const unknown = columns.find((column) => !here?.has(column));
    if (!here || unknown)
      throw refuse(
        `The archive (made by version ${manifest.app_version}) holds ${unknown && here ? `the column ${name}.${unknown}` : `the table ${name}`}, which this version does not know. Update this installation first.`,
      );
  }
}
