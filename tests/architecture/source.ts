import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const folders = ['app', 'components', 'lib', 'db', 'demo'];
const entries = ['middleware.ts', 'server.ts', 'instrumentation.ts', 'instrumentation-client.ts'];

/** A source file: its path from the root without extension, its text, and the files of ours that it imports. */
export type SourceFile = { path: string; file: string; text: string; imports: string[] };

/** Every TypeScript file of the product, with imports resolved to paths from the root, without extension. */
export function readSources(): SourceFile[] {
  const files = [...folders.flatMap((folder) => walk(folder)), ...entries];
  return files.map((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return { path: file.replace(/\.tsx?$/, ''), file, text, imports: importsOf(text, file) };
  });
}

/** The imports in a text, static and dynamic, that lead to files of ours. */
export function importsOf(text: string, file: string): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('@/')) return [specifier.slice(2)];
    return specifier.startsWith('.') ? [path.posix.join(path.posix.dirname(file), specifier)] : [];
  });
}

function walk(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(name);
    return /\.tsx?$/.test(entry.name) ? [name] : [];
  });
}
