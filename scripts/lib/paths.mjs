import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.mjs';

/** The repository, wherever it was cloned. Every command works from here, whatever the caller's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** What `npm start` must not lose: secrets, the database, the demo's passwords. */
export const dataDir = join(root, '.data');

/** What can be made again at any time. */
export const buildRoot = join(root, '.build');

/** @param {string[]} parts */
export function inRoot(...parts) {
  return join(root, ...parts);
}

/** Nobody but its owner has business in the data folder. */
export function makeDataDir() {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw new Failure(
      `${dataDir} belongs to another user. Start as that user, or move the folder away to begin anew.`,
    );
  }
}

/** @param {string} name */
export function lockPath(name) {
  const folder = join(buildRoot, 'locks');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.lock`);
}
