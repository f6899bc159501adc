import { existsSync, statSync } from 'node:fs';
import { Failure } from '../failure.mjs';
import { readJson } from '../files.mjs';
import { inRoot, root } from '../paths.mjs';

/**
 * Makes plain JavaScript of the entries that run outside of Next: `server.mjs`, `db.mjs`, `legacy.mjs` and
 * `import.mjs`. Packages stay imports; our own code, which may say `@/…`, is bundled in.
 * @param {string} outdir
 */
export async function bundle(outdir) {
  const entries = {
    server: 'server.ts',
    db: 'db/cli.ts',
    legacy: 'db/legacy-cli.ts',
    import: 'db/import-cli.ts',
  };
  for (const entry of Object.values(entries)) {
    if (!existsSync(inRoot(entry))) throw new Failure(`${entry} is missing.`);
  }
  // Imported here and not above: this file is loaded before the packages are installed.
  const esbuild = await import('esbuild');
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: entries,
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      jsx: 'automatic',
      sourcemap: 'linked',
      logLevel: 'silent',
      plugins: [{ name: 'packages', setup: keepPackages }],
    });
  } catch (error) {
    throw readable(error);
  }
}

/**
 * @param {import('esbuild').PluginBuild} build
 */
export function keepPackages(build) {
  build.onResolve({ filter: /^server-only$/ }, () => ({ path: inRoot('scripts', 'lib', 'empty.mjs') }));
  // Neither a path nor our own `@/…`: a package.
  build.onResolve({ filter: /^(@[^/]|[^@./])/ }, ({ path, kind }) =>
    kind === 'entry-point' ? undefined : { path: importable(path), external: true },
  );
}

/**
 * Node wants the file's name in full where a package does not say what it exports: `next/server` is `next/server.js`.
 * @param {string} specifier
 */
function importable(specifier) {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const manifest = readJson(inRoot('node_modules', name, 'package.json'));
  if (name === specifier || !manifest || manifest.exports) return specifier;
  const endings = ['', '.js', '.mjs', '.cjs', '/index.js'];
  const ending = endings.find((end) => isFile(inRoot('node_modules', `${specifier}${end}`)));
  return `${specifier}${ending ?? ''}`;
}

/** @param {string} path */
function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * The compiler's own words, as one text.
 * @param {unknown} error
 */
function readable(error) {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return error;
  const lines = error.errors.map(({ text, location }) =>
    location ? `${location.file}:${location.line}:${location.column}: ${text}` : text,
  );
  return new Failure(`The server could not be bundled:\n${lines.join('\n')}`);
}
