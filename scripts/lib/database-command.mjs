import { ensureBundles } from './build/build.mjs';
import { runNode } from './child.mjs';
import { readConfig } from './config.mjs';
import { databaseName, startDatabase } from './database.mjs';
import { ensureInstalled } from './install.mjs';
import { createLifetime } from './lifetime.mjs';
import { superuser } from './postgres/cluster.mjs';
import { createProgress } from './progress.mjs';
import { findSecrets, serverEnv } from './server-env.mjs';
import { runningCommand, takeClone } from './start/clone.mjs';

/**
 * Runs a command of db/cli.ts, or another entry's: on DATABASE_URL where that is set, else on the embedded database,
 * which is started for the command unless `npm start` runs it already.
 * @param {string[]} args
 * @param {{ entry?: 'db' | 'legacy' | 'import', name?: string }} [options] `name` is what the command is called to others
 */
export async function databaseCommand(args, { entry = 'db', name = `db:${args[0] ?? ''}` } = {}) {
  const progress = createProgress(process.stderr);
  const lifetime = createLifetime({ codeWhenAsked: 130 });
  const { signal } = lifetime;
  await lifetime.run(async () => {
    const config = readConfig();
    await ensureInstalled({ progress, signal });
    const bundles = await ensureBundles({ progress, signal });
    const { secrets, databaseUrl } = await connect({ config, lifetime, progress, name });
    const result = await runNode(bundles[entry], args, {
      env: serverEnv({ config, secrets, databaseUrl }),
      signal,
      show: true,
    });
    return result.code;
  });
}

/**
 * @param {{ config: import('./config.mjs').Config, lifetime: import('./lifetime.mjs').Lifetime,
 *   progress: import('./progress.mjs').Progress, name: string }} options
 */
async function connect({ config, lifetime, progress, name }) {
  if (config.databaseUrl && !config.embedded) {
    return { secrets: findSecrets(config), databaseUrl: config.databaseUrl };
  }
  const running = runningCommand();
  if (running?.databasePort && !running.stopping) {
    const secrets = findSecrets(config);
    const login = `${superuser}:${secrets.postgresPassword}`;
    return { secrets, databaseUrl: `postgres://${login}@127.0.0.1:${running.databasePort}/${databaseName}` };
  }
  const purpose = { command: `npm run ${name}`, short: true };
  const lock = await takeClone(purpose, { progress, signal: lifetime.signal });
  lifetime.defer(() => lock.release());
  const secrets = findSecrets(config);
  if (config.databaseUrl) return { secrets, databaseUrl: config.databaseUrl };
  const { url } = await startDatabase({ lifetime, progress, password: secrets.postgresPassword ?? '' });
  return { secrets, databaseUrl: url };
}
