import { ensureBuild } from '../build/build.mjs';
import { neutralEnv } from '../environment.mjs';
import { describe, Failure } from '../failure.mjs';
import { ensureInstalled } from '../install.mjs';
import { createLifetime } from '../lifetime.mjs';
import { createProgress } from '../progress.mjs';
import { ensureRedis } from '../redis.mjs';
import { randomSecrets } from '../secrets.mjs';
import { startTestCluster } from './cluster.mjs';
import { e2e } from './e2e.mjs';
import { outcome } from './report.mjs';
import { runSteps } from './steps.mjs';
import { sweepTemporaryFolders, temporaryFolder } from './temporary.mjs';
import { lint, lockfile, types, vitest } from './tools.mjs';

/**
 * `npm test` and `npm run check`: installs what is missing, brings its own database, and leaves nothing behind.
 * @typedef {'lockfile' | 'types' | 'lint' | 'architecture' | 'unit' | 'contract' | 'integration' | 'build' | 'e2e'} Part
 */

/** @type {Part[]} */
const checks = ['lockfile', 'types', 'lint', 'architecture'];

/** In this order: what is quick and fails most often comes first. @type {Part[]} */
const all = [...checks, 'unit', 'contract', 'integration', 'build', 'e2e'];

/** @param {string[]} args a part and what its tool shall be told, or nothing for all parts */
export async function test([part, ...args]) {
  if (part === undefined) return run(all, []);
  if (part === 'check') return run(checks, args);
  const one = all.find((name) => name === part);
  if (!one) {
    console.error(`"${part}" is no part of the tests. Parts: check, ${all.join(', ')}.`);
    process.exit(1);
  }
  // Browser tests need the build; it costs nothing when it is up to date.
  return run(one === 'e2e' ? ['build', 'e2e'] : [one], args);
}

/**
 * @param {Part[]} parts
 * @param {string[]} args
 */
async function run(parts, args) {
  const progress = createProgress();
  const lifetime = createLifetime({ codeWhenAsked: 130, onStopping: () => progress.say('Stopping …') });
  const { signal } = lifetime;
  await lifetime.run(async () => {
    await ensureInstalled({ progress, signal });
    await sweepTemporaryFolders();
    const temporary = temporaryFolder(lifetime);

    const secrets = randomSecrets();
    const bare = { temporary, progress, signal, env: { ...neutralEnv(), ...secrets } };
    const cluster = once(() => progress.step('Starting PostgreSQL', () => startTestCluster(lifetime)));
    // Next's build is the one long step that nobody watches: it runs beside the integration tests.
    const build = once(() => ensureBuild('test', { progress: parts.length > 2 ? silent : progress, signal }));
    const withDatabase = async () => {
      const { url } = await cluster();
      return { ...bare, env: { ...bare.env, TEST_DATABASE_URL: url('postgres') } };
    };

    /** @type {Record<Part, () => Promise<import('./report.mjs').Outcome>>} */
    const work = {
      lockfile: () => lockfile(bare),
      types: () => types(bare),
      lint: () => lint(bare),
      architecture: () => vitest(bare, 'architecture', args),
      unit: () => vitest(bare, 'unit', args),
      contract: () => vitest({ ...bare, env: { ...bare.env, ...stripeTestKey() } }, 'contract', args),
      integration: async () => {
        const redis = await ensureRedis({ progress, signal });
        const withoutRedis = await withDatabase();
        const context = { ...withoutRedis, env: { ...withoutRedis.env, TEST_REDIS_SERVER: redis } };
        if (parts.includes('build')) void build().catch(() => {});
        return await vitest(context, 'integration', args);
      },
      build: async () => {
        await build();
        return outcome(true);
      },
      e2e: async () => {
        await build().catch(() => {
          throw new Failure('There is no build to test: see above.');
        });
        return await e2e(await withDatabase(), { lifetime, cluster: await cluster(), secrets, args });
      },
    };
    const steps = parts.map((name) => ({ name, run: work[name] }));
    return await runSteps(steps, { progress, signal, show: describe });
  });
}

/**
 * A key of Stripe's test mode, where the shell has one: the contract is then checked against Stripe itself.
 * @returns {import('../environment.mjs').Environment}
 */
function stripeTestKey() {
  const key = process.env.STRIPE_SECRET_KEY;
  return key?.startsWith('sk_test_') ? { STRIPE_SECRET_KEY: key } : {};
}

/** @type {import('../progress.mjs').Progress} */
const silent = {
  step: async (_name, work) => await work({ update() {} }),
  say() {},
  bold: (text) => text,
};

/**
 * @template T
 * @param {() => Promise<T>} make
 * @returns {() => Promise<T>}
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => {
    made ??= make();
    return made;
  };
}
