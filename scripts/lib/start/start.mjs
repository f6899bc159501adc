import { buildPaths, ensureBuild, ensureBundles } from '../build/build.mjs';
import { runNode, tail } from '../child.mjs';
import { readConfig } from '../config.mjs';
import { startDatabase } from '../database.mjs';
import { Failure } from '../failure.mjs';
import { ensureInstalled } from '../install.mjs';
import { createLifetime } from '../lifetime.mjs';
import { assertPortFree } from '../ports.mjs';
import { createProgress, seconds } from '../progress.mjs';
import { findSecrets, serverEnv } from '../server-env.mjs';
import { launchServer, stopLeftOverServer } from '../server-process.mjs';
import { banner } from './banner.mjs';
import { takeClone } from './clone.mjs';
import { ensureDemo } from './demo.mjs';

/**
 * From a fresh clone to a running product: packages, secrets, database, build, migrations, demo data, server. Each step
 * does nothing where nothing is to be done, and starts from whatever a killed predecessor left behind.
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {import('../config.mjs').Config} Config
 * @typedef {import('../lifetime.mjs').Lifetime} Lifetime
 * @typedef {import('../progress.mjs').Progress} Progress
 */

/** @param {{ dev: boolean }} options */
export async function start({ dev }) {
  const began = Date.now();
  const progress = createProgress();
  const lifetime = createLifetime({ codeWhenAsked: 0, onStopping: () => progress.say('Stopping …') });
  const { signal } = lifetime;
  await lifetime.run(async () => {
    const config = readConfig();
    // Missing ones are told before any work.
    if (!config.embedded) findSecrets(config);
    const lock = await holdClone({ config, dev, lifetime, progress });
    await assertPortFree(config.port);
    await ensureInstalled({ progress, signal });

    const entries = dev
      ? await ensureBundles({ progress, signal })
      : await ensureBuild('start', { progress, signal });
    const secrets = findSecrets(config);
    const database = config.databaseUrl
      ? undefined
      : await startDatabase({ lifetime, progress, password: secrets.postgresPassword ?? '' });
    if (database) lock.update({ databasePort: database.postmaster.port });

    const env = {
      ...serverEnv({
        config,
        secrets,
        databaseUrl: config.databaseUrl ?? database?.url ?? '',
        mode: dev ? 'development' : 'production',
      }),
      NEXT_DIST_DIR: buildPaths('start').nextDistDir,
    };
    await migrate({ script: entries.db, env, lifetime, progress });
    const demo = config.embedded
      ? await ensureDemo({ script: entries.db, env, signal, progress })
      : undefined;
    const server = await progress.step('Starting the server', () =>
      serve({
        script: entries.server,
        env,
        dev,
        port: config.port,
        lifetime,
        onLaunch: (identity) => lock.update({ server: identity }),
      }),
    );
    lock.update({ serving: true });
    progress.say(`Ready after ${seconds(began)}.`);
    progress.say(
      banner({
        ...config,
        demo,
        hasSandbox: config.embedded && !process.env.STRIPE_SECRET_KEY,
        bold: progress.bold,
      }),
    );

    return await ended({ server, database, lifetime });
  });
}

/**
 * @param {{ config: Config, dev: boolean, lifetime: Lifetime, progress: Progress }} options
 */
async function holdClone({ config, dev, lifetime, progress }) {
  const { signal } = lifetime;
  const url = `${config.scheme}://cloud.${config.rootDomain}`;
  const lock = await takeClone({ command: dev ? 'npm run dev' : 'npm start', url }, { progress, signal });
  lifetime.defer(() => lock.release());
  signal.addEventListener('abort', () => lock.update({ stopping: true }));
  if (lock.left?.server) {
    // Kept in our own lock until it is dealt with: we may be killed as well.
    lock.update({ server: lock.left.server });
    await stopLeftOverServer(lock.left.server);
  }
  return lock;
}

/**
 * @param {{ script: string, env: Environment, lifetime: Lifetime, progress: Progress }} options
 */
async function migrate({ script, env, lifetime, progress }) {
  await progress.step('Migrating the database', async (step) => {
    const result = await runNode(script, ['migrate'], { env, signal: lifetime.signal, onLine: step.update });
    step.update('');
    if (result.code !== 0) throw new Failure(`The database could not be migrated:\n${tail(result.output)}`);
  });
}

/**
 * @param {{ script: string, env: Environment, dev: boolean, port: number, lifetime: Lifetime,
 *   onLaunch: (identity: import('../processes.mjs').ProcessIdentity | undefined) => void }} options
 */
async function serve({ script, env, dev, port, lifetime, onLaunch }) {
  lifetime.signal.throwIfAborted();
  const server = launchServer({ script, args: dev ? ['--dev'] : [], env, port });
  lifetime.defer(({ force }) => server.stop(force));
  onLaunch(server.identity());
  await server.ready();
  return server;
}

/**
 * Lives as long as the server and the database do. Both are meant to outlive us, so either's end is a failure, unless
 * it was asked for: then the lifetime ends us.
 * @param {{ server: import('../server-process.mjs').ServerProcess, lifetime: Lifetime,
 *   database: Awaited<ReturnType<typeof startDatabase>> | undefined }} options
 * @returns {Promise<number>}
 */
async function ended({ server, database, lifetime }) {
  const reason = await Promise.race([
    server.exited.then((code) => `The server stopped by itself (code ${code}).`),
    ...(database
      ? [
          database.postmaster.exited.then(
            () => `The database stopped by itself:\n${database.postmaster.logTail()}`,
          ),
        ]
      : []),
  ]);
  lifetime.signal.throwIfAborted();
  throw new Failure(reason);
}
