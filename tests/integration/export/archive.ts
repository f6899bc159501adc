import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { readTar, type TarFile, tarEnd, tarFile } from '@/lib/archive/tar';
import type { TenantContext } from '@/lib/tenancy/context';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { type ArchiveManifest, archiveManifest } from '@/lib/workflows/export/schema';

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** A file in a folder of its own, removed after the test file. */
export async function saveFile(content: Uint8Array): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'export-test-'));
  folders.push(folder);
  const file = path.join(folder, 'archive.tar.gz');
  await writeFile(file, content);
  return file;
}

/** A whole export, as the browser would save it. */
export async function download(ctx: TenantContext): Promise<Buffer> {
  const { body } = await exportTenant(ctx);
  return Buffer.from(await new Response(body).arrayBuffer());
}

/** The files of an archive in their order. */
export async function filesOf(archive: Buffer): Promise<TarFile[]> {
  const files: TarFile[] = [];
  for await (const file of readTar(Readable.from([gunzipSync(archive)]))) files.push(file);
  return files;
}

/** An archive of files. */
export function pack(files: readonly TarFile[]): Buffer {
  return gzipSync(Buffer.concat([...files.map((file) => tarFile(file, new Date(0))), tarEnd()]));
}

/** The lines of a table. */
export function linesOf(files: readonly TarFile[], table: string): string[] {
  return files
    .filter(({ name }) => name.startsWith(`${table}/`))
    .flatMap(({ content }) => content.toString().split('\n').slice(0, -1));
}

/** The manifest, which must be the last file. */
export function manifestOf(files: readonly TarFile[]): ArchiveManifest {
  const last = files.at(-1);
  if (last?.name !== 'manifest.json') throw new Error('the manifest is not last');
  return archiveManifest.parse(JSON.parse(last.content.toString()));
}
