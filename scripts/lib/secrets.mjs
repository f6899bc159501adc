import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { readJson, writeAtomically } from './files.mjs';
import { dataDir, makeDataDir } from './paths.mjs';

/**
 * @typedef {{ AUTH_SECRET: string, API_KEY_SECRETS: string, DATABASE_ROLE_SECRET: string }} Secrets what the server
 *   reads from its environment
 * @typedef {Secrets & { postgresPassword?: string }} OwnSecrets with the embedded database's password
 */

export const secretNames = /** @type {const} */ (['AUTH_SECRET', 'API_KEY_SECRETS', 'DATABASE_ROLE_SECRET']);

const path = join(dataDir, 'secrets.json');

/** @returns {Secrets} */
export function randomSecrets() {
  return { AUTH_SECRET: random(), API_KEY_SECRETS: `1:${random()}`, DATABASE_ROLE_SECRET: random() };
}

export function random() {
  return randomBytes(32).toString('base64url');
}

/**
 * The secrets of this clone, made once and kept for its own database. A variable that is set in the environment wins.
 * @returns {OwnSecrets}
 */
export function localSecrets() {
  makeDataDir();
  const stored = readJson(path);
  if (existsSync(path) && (typeof stored !== 'object' || stored === null)) {
    throw new Failure(
      `${path} cannot be read as JSON. Restore it from a backup, or delete it: new secrets are made then, everybody ` +
        'is signed out and API keys made so far stop working.',
    );
  }
  const kept = { ...randomSecrets(), postgresPassword: random(), ...stored };
  if (Object.keys(kept).length !== Object.keys(stored ?? {}).length) {
    writeAtomically(path, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
  } else {
    chmodSync(path, 0o600);
  }
  for (const name of secretNames) kept[name] = process.env[name] || kept[name];
  return kept;
}

/**
 * With a database of one's own the secrets are the environment's: generated ones would lock every other instance on
 * that database out of its logins.
 * @returns {OwnSecrets}
 */
export function givenSecrets() {
  const missing = secretNames.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    throw new Failure(
      `DATABASE_URL is set, so the secrets must come from the environment too; missing: ${missing.join(', ')}.`,
    );
  }
  return /** @type {Secrets} */ (Object.fromEntries(secretNames.map((name) => [name, process.env[name]])));
}
