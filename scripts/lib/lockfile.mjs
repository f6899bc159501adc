import { readFileSync } from 'node:fs';
import { writeAtomically } from './files.mjs';
import { inRoot } from './paths.mjs';

/**
 * package-lock.json must name the optional packages of every platform. npm leaves out those that the registry it
 * asked did not have, and on a machine that could use one `npm ci` then stops with "Missing: … from lock file".
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   integrity?: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 *   hasInstallScript?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} LockFile
 */

export const lockFilePath = inRoot('package-lock.json');

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  ...['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'],
];

/** @returns {LockFile} */
export function readLockFile() {
  return JSON.parse(readFileSync(lockFilePath, 'utf8'));
}

/**
 * Adds an entry for every optional package that a locked package names and the lock does not hold.
 * @param {LockFile} lock changed in place
 * @returns {string[]} the paths that were added
 */
export function completeLock(lock) {
  /** @type {string[]} */
  const added = [];
  for (const [dependent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolve(lock, dependent, name)) continue;
      const path = `node_modules/${name}`;
      lock.packages[path] = platformEntry(name, version, entry.dev === true);
      added.push(path);
    }
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  return added;
}

/**
 * The packages that want to run a script at installation and of which package.json does not say whether they may.
 * @param {LockFile} lock
 * @returns {string[]}
 */
export function undecidedInstallScripts(lock) {
  const { allowScripts = {} } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const names = Object.entries(lock.packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [...new Set(names)].filter((name) => !(name in allowScripts));
}

/** @param {LockFile} lock */
export function writeLockFile(lock) {
  writeAtomically(lockFilePath, `${JSON.stringify(lock, null, 2)}\n`);
}

/**
 * The path at which a dependent finds a package, by Node's own rule: its node_modules, then those of its ancestors.
 * @param {LockFile} lock
 * @param {string} dependent
 * @param {string} name
 */
function resolve(lock, dependent, name) {
  for (let from = dependent; ; ) {
    const path = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    if (path in lock.packages) return path;
    if (from === '') return undefined;
    from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')));
  }
}

/**
 * What such a package's name tells: `@next/swc-linux-arm64-musl` is for linux, arm64 and musl.
 * @param {string} name
 * @param {string} version
 * @param {boolean} dev
 * @returns {LockEntry}
 */
function platformEntry(name, version, dev) {
  if (!/^\d/.test(version)) {
    throw new Error(
      `package-lock.json lacks ${name}, and ${version} is no exact version that could be added`,
    );
  }
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const system = words.includes('windows') ? 'win32' : systems.find((word) => words.includes(word));
  const processor = processors.find((word) => words.includes(word));
  if (!system && !processor) {
    throw new Error(`package-lock.json lacks ${name}, whose name does not tell its platform: add it by hand`);
  }
  const libc = words.includes('musl')
    ? 'musl'
    : words.includes('gnu') || words.includes('glibc')
      ? 'glibc'
      : undefined;
  return {
    version,
    ...(processor ? { cpu: [processor] } : {}),
    ...(dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    optional: true,
    ...(system ? { os: [system] } : {}),
  };
}
