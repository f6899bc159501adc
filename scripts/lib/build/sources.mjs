import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot, root } from '../paths.mjs';

/** What a build is made of, this folder's recipe included. */
const sources = [
  ...['app', 'components', 'lib', 'demo', 'db', 'public', 'scripts/lib/build', 'scripts/lib/empty.mjs'],
  ...['middleware.ts', 'server.ts', 'instrumentation.ts', 'instrumentation-client.ts', 'mdx-components.tsx'],
  ...['next.config.js', 'next.config.mjs', 'next.config.ts', 'postcss.config.js', 'postcss.config.mjs'],
  ...['tailwind.config.js', 'tailwind.config.ts', 'tsconfig.json', 'components.json'],
  ...['package.json', 'package-lock.json'],
];

/**
 * A hash of the sources' contents: a checkout that changes times but no contents needs no new build.
 * @returns {string}
 */
export function hashSources() {
  // Next writes absolute paths into its builds: one that was moved or copied is not the same.
  const hash = createHash('sha256').update(`${root}\0`);
  for (const source of sources) add(source);
  return hash.digest('hex');

  /** @param {string} path */
  function add(path) {
    const found = statSync(inRoot(path), { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      for (const name of readdirSync(inRoot(path)).sort()) add(join(path, name));
    } else if (found?.isFile()) {
      const content = readFileSync(inRoot(path));
      hash.update(`${path}\0${content.length}\0`).update(content);
    }
  }
}
