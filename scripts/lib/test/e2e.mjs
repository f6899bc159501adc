import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { standInClient, startStandInProvider } from '../../../tests/support/stand-in-provider.mjs';
import { buildPaths } from '../build/build.mjs';
import { runNode, tail } from '../child.mjs';
import { ensureChromium } from '../chromium.mjs';
import { neutralEnv } from '../environment.mjs';
import { Failure } from '../failure.mjs';
import { inRoot } from '../paths.mjs';
import { freePort } from '../ports.mjs';
import { exists } from '../processes.mjs';
import { launchServer } from '../server-process.mjs';
import { playwrightOutcome } from './report.mjs';

/**
 * The browser tests, against the built server on a database of its own with the demo data in it.
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {import('./tools.mjs').Context} Context
 * @typedef {import('../lifetime.mjs').Lifetime} Lifetime
 * @typedef {import('../postgres/postmaster.mjs').Postmaster} Postmaster
 */

/**
 * @param {Context} context
 * @param {{ lifetime: Lifetime, cluster: Postmaster, secrets: import('../secrets.mjs').Secrets, args: string[] }} options
 */
export async function e2e(context, { lifetime, cluster, secrets, args }) {
  const { progress, signal, temporary } = context;
  const chromium = await ensureChromium({ progress, signal });
  await createDatabase(cluster, 'e2e');
  const demoFile = join(temporary, 'demo.json');
  const output = resultsFolder();
  const logFile = join(output, 'server.log');
  const provider = await startStandInProvider();
  lifetime.defer(() => provider.close());
  const env = {
    ...neutralEnv(),
    ...secrets,
    NODE_ENV: /** @type {const} */ ('production'),
    DATABASE_URL: cluster.url('e2e'),
    RAGTOOLKIT_EMBEDDED: '1',
    NEXT_DIST_DIR: buildPaths('test').nextDistDir,
    NEXT_TELEMETRY_DISABLED: '1',
    LOG_LEVEL: 'info',
    // Both providers are one stand-in on loopback: it asks who one is, and whether the address is verified.
    GITHUB_CLIENT_ID: standInClient.id,
    GITHUB_CLIENT_SECRET: standInClient.secret,
    GITHUB_URL: provider.url,
    GOOGLE_CLIENT_ID: standInClient.id,
    GOOGLE_CLIENT_SECRET: standInClient.secret,
    GOOGLE_ISSUER: provider.url,
    RAGTOOLKIT_API_KEY: 'predecessors-key-of-the-browser-tests',
    // All tests come from one address, fail to sign in on purpose, and share a few people. Limits per account and per
    // tenant stay as they are.
    RATE_LIMIT_OVERRIDES: [
      ...[
        'sign-in:ip',
        'mail:ip',
        'sign-up:ip',
        'invitation:ip',
        'publish-key:ip',
        'probe:ip',
        'operator:ip',
      ],
      ...['anonymous:ip', 'anonymous:host', 'anonymous:elsewhere', 'session:user'],
    ]
      .map((name) => `${name}=1000000/60`)
      .join(','),
  };
  await database(['migrate'], env, signal);
  await database(['seed', '--out', demoFile], env, signal);

  const { server, port, rootDomain } = await startServer({ env, logFile, lifetime });
  const report = join(temporary, 'e2e.json');
  const { code } = await runNode(
    inRoot('node_modules', 'playwright', 'cli.js'),
    ['test', '--reporter=list,json', `--output=${join(output, 'playwright')}`, ...args],
    {
      env: {
        ...context.env,
        DATABASE_URL: env.DATABASE_URL,
        E2E_PORT: String(port),
        E2E_ROOT_DOMAIN: rootDomain,
        E2E_DEMO_FILE: demoFile,
        E2E_LEGACY_KEY: env.RAGTOOLKIT_API_KEY,
        CHROMIUM_PATH: chromium,
        PLAYWRIGHT_JSON_OUTPUT_FILE: report,
        PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      },
      signal,
      show: true,
    },
  );
  await server.stop();
  await provider.close();
  const result = playwrightOutcome(report, code);
  if (result.ok) rmSync(output, { recursive: true, force: true });
  else progress.say(`\n${serverLog(logFile)}`);
  return result;
}

/** Of this run alone: the runner empties its folder when it begins, and another run may be under way. */
function resultsFolder() {
  const all = inRoot('test-results');
  mkdirSync(all, { recursive: true });
  for (const name of readdirSync(all)) {
    if (!exists(Number(name))) rmSync(join(all, name), { recursive: true, force: true });
  }
  const own = join(all, String(process.pid));
  mkdirSync(own, { recursive: true });
  return own;
}

/**
 * What the server had to say beyond the requests it answered.
 * @param {string} path
 */
function serverLog(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  const notable = lines.filter((line) => !/"level":"(trace|debug|info)"/.test(line)).join('\n');
  return `From the server's log (all of it is in ${path}):\n${tail(notable, 60)}`;
}

/**
 * @param {Postmaster} cluster
 * @param {string} name
 */
async function createDatabase(cluster, name) {
  const { default: postgres } = await import('postgres');
  const sql = postgres(cluster.url('postgres'), { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(`CREATE DATABASE ${name}`);
  } finally {
    await sql.end();
  }
}

/**
 * @param {string[]} args
 * @param {Environment} env
 * @param {AbortSignal} signal
 */
async function database(args, env, signal) {
  const result = await runNode(buildPaths('test').db, args, {
    env: { ...env, ROOT_DOMAIN: 'ragtoolkit.localhost' },
    signal,
  });
  if (result.code !== 0)
    throw new Failure(`The browser tests' database: ${args[0]} failed:\n${tail(result.output)}`);
}

/**
 * On a free port; another one when somebody was faster.
 * @param {{ env: Environment, logFile: string, lifetime: Lifetime }} options
 */
async function startServer({ env, logFile, lifetime }) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const rootDomain = `ragtoolkit.localhost:${port}`;
    lifetime.signal.throwIfAborted();
    const log = openSync(logFile, 'a');
    const server = launchServer({
      script: buildPaths('test').server,
      env: { ...env, PORT: String(port), ROOT_DOMAIN: rootDomain },
      port,
      log,
    });
    closeSync(log);
    lifetime.defer(({ force }) => server.stop(force));
    try {
      await server.ready();
      return { server, port, rootDomain };
    } catch (error) {
      if (attempt === 3 || !(error instanceof Failure && error.message.includes('in use'))) {
        throw error instanceof Failure ? new Failure(`${error.message}\n${serverLog(logFile)}`) : error;
      }
    }
  }
}
