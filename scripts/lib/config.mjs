import { existsSync } from 'node:fs';
import { Failure } from './failure.mjs';
import { inRoot } from './paths.mjs';

/**
 * @typedef {{ port: number, rootDomain: string, scheme: 'http' | 'https', databaseUrl: string | undefined,
 *   embedded: boolean }} Config
 *   `embedded`: nothing is configured, so secrets and demo data come with it; with a database of one's own only when
 *   RAGTOOLKIT_EMBEDDED=1 asks for it
 */

/** `.env.local` and `.env`, as Next reads them: what is set in the environment wins. */
function loadEnvFiles() {
  for (const name of ['.env.local', '.env']) {
    if (existsSync(inRoot(name))) process.loadEnvFile(inRoot(name));
  }
}

/** @returns {Config} */
export function readConfig() {
  loadEnvFiles();
  const port = readPort(process.env.PORT || '3000');
  const rootDomain = readRootDomain(
    process.env.ROOT_DOMAIN || `ragtoolkit.localhost${port === 80 ? '' : `:${port}`}`,
  );
  const hostname = rootDomain.replace(/:\d+$/, '');
  return {
    port,
    rootDomain,
    scheme: hostname.endsWith('.localhost') ? 'http' : 'https',
    databaseUrl: process.env.DATABASE_URL || undefined,
    embedded: !process.env.DATABASE_URL || process.env.RAGTOOLKIT_EMBEDDED === '1',
  };
}

/** @param {string} text */
function readPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Failure(
      `PORT is "${text}", but a port is a number from 1 to 65535. For example: PORT=3001 npm start`,
    );
  }
  return port;
}

/** @param {string} text */
function readRootDomain(text) {
  const match = /^((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?)(?::(\d{1,5}))?$/.exec(
    text.toLowerCase(),
  );
  if (!match || Number(match[2] ?? 1) < 1 || Number(match[2] ?? 1) > 65_535) {
    throw new Failure(
      `ROOT_DOMAIN is "${text}", but it is a host name of at least two parts, with the port where one is visible, ` +
        'such as ragtoolkit.localhost:3000 or rag.example.com',
    );
  }
  return text.toLowerCase();
}
