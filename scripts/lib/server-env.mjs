import { join } from 'node:path';
import { dataDir } from './paths.mjs';
import { givenSecrets, localSecrets } from './secrets.mjs';

/**
 * What the server and the database's commands read from their environment.
 * @typedef {import('./environment.mjs').Environment} Environment
 * @typedef {import('./config.mjs').Config} Config
 * @typedef {import('./secrets.mjs').OwnSecrets} OwnSecrets
 */

/**
 * Every clone has secrets of its own, unless it shares a database with others: then it must share their secrets.
 * To be called by the holder of the clone's lock, since it may write the secrets' file.
 * @param {Config} config
 */
export function findSecrets(config) {
  return config.embedded ? localSecrets() : givenSecrets();
}

/**
 * @param {{ config: Config, secrets: OwnSecrets, databaseUrl: string, mode?: 'production' | 'development' }} options
 * @returns {Environment}
 */
export function serverEnv({ config, secrets, databaseUrl, mode = 'production' }) {
  return {
    ...process.env,
    NODE_ENV: mode,
    PORT: String(config.port),
    ROOT_DOMAIN: config.rootDomain,
    DATABASE_URL: databaseUrl,
    AUTH_SECRET: secrets.AUTH_SECRET,
    API_KEY_SECRETS: secrets.API_KEY_SECRETS,
    DATABASE_ROLE_SECRET: secrets.DATABASE_ROLE_SECRET,
    RAGTOOLKIT_EMBEDDED: config.embedded ? '1' : '0',
    ...(config.embedded && {
      STRIPE_SANDBOX_FILE: process.env.STRIPE_SANDBOX_FILE || join(dataDir, 'stripe-sandbox.jsonl'),
    }),
    NEXT_TELEMETRY_DISABLED: '1',
    // On a terminal, a line per request would push what the start has printed out of sight.
    LOG_LEVEL: process.env.LOG_LEVEL || (config.embedded ? 'warn' : 'info'),
  };
}
