import { z } from 'zod';

/** Raised when an older importer could no longer read what we write. */
export const ARCHIVE_FORMAT = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().min(0);

/** What the manifest says of one table. Sums are over the lines as they stand in the parts, line ends included. */
export const tableManifest = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]*$/),
  columns: z.array(z.string()),
  rows: count,
  bytes: count,
  sha256,
  parts: z.array(z.object({ file: z.string(), rows: count, bytes: count, sha256 })),
});
export type TableManifest = z.infer<typeof tableManifest>;

/** `manifest.json`, the last file of an archive: without it, an archive is not complete. */
export const archiveManifest = z.object({
  format: z.literal(ARCHIVE_FORMAT),
  tenant: z.object({ id: z.uuid(), slug: z.string(), name: z.string(), plan: z.string() }),
  exported_at: z.iso.datetime(),
  app_version: z.string(),
  tables: z.array(tableManifest),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

/** How far an export is that runs now. Bytes are of rows, before compression. */
export const runningExport = z.object({
  id: z.uuid(),
  startedAt: z.iso.datetime(),
  table: z.string(),
  rows: z.number(),
  bytes: z.number(),
});
export type RunningExport = z.infer<typeof runningExport>;

/** An export as the audit log tells of it. `finished` is null for one that runs or was cut short. */
export const pastExport = z.object({
  id: z.string(),
  startedAt: z.iso.datetime(),
  by: z.string(),
  finished: z.object({ at: z.iso.datetime(), rows: z.number(), bytes: z.number() }).nullable(),
});
export type PastExport = z.infer<typeof pastExport>;

/** The newest export of a workspace and, where this process sends it, how far it is. */
export const exportStatus = z.object({
  running: z.array(runningExport).describe('Exports that the answering process is sending now.'),
  last: pastExport.nullable().describe('The export begun last.'),
});
export type ExportStatus = z.infer<typeof exportStatus>;

/** What an export would hold of one table. The rows of a large one are not counted but estimated. */
export type ExportedTable = {
  name: string;
  title: string;
  rows: number;
  accuracy: 'exact' | 'about' | 'more than';
};
