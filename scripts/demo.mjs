// `npm run demo`: a small RAG program that sends its answers to a running RAG Toolkit.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { join } = await import('node:path');
const { pathToFileURL } = await import('node:url');
const { locked } = await import('./lib/build/build.mjs');
const { readConfig } = await import('./lib/config.mjs');
const { readJson } = await import('./lib/files.mjs');
const { ensureInstalled } = await import('./lib/install.mjs');
const { createLifetime } = await import('./lib/lifetime.mjs');
const { buildRoot, dataDir, inRoot, root } = await import('./lib/paths.mjs');
const { createProgress } = await import('./lib/progress.mjs');
const { runningCommand } = await import('./lib/start/clone.mjs');

const progress = createProgress();
const lifetime = createLifetime({ codeWhenAsked: 130 });
const { signal } = lifetime;
await lifetime.run(async () => {
  const defaults = findDefaults();
  await ensureInstalled({ progress, signal });
  const { run } = await import(pathToFileURL(await bundleDemo()).href);
  return await run({
    args: process.argv.slice(2),
    env: process.env,
    defaults,
    corpusFolder: inRoot('demo', 'corpus'),
    terminal: { ...progress, live: process.stdout.isTTY === true && !process.env.CI && !process.env.VERBOSE },
    signal,
  });
});

/** The demo's workspace and key as `npm start` made them, at the address where the server runs now. */
function findDefaults() {
  const demo = readJson(join(dataDir, 'demo.json'));
  const { scheme, rootDomain } = readConfig();
  const slug = demo?.apiKeyTenant ?? 'acme-corp';
  const chosen = process.env.PORT || process.env.ROOT_DOMAIN;
  const running = chosen ? undefined : runningCommand()?.url;
  const base = running ? running.replace('://cloud.', `://${slug}.`) : `${scheme}://${slug}.${rootDomain}`;
  return { url: base, key: demo?.apiKey };
}

/** Makes plain JavaScript of demo/cli.ts; packages stay imports. */
async function bundleDemo() {
  const outfile = join(buildRoot, 'demo', 'cli.mjs');
  const esbuild = await import('esbuild');
  await locked('demo', { progress, signal }, () =>
    esbuild.build({
      absWorkingDir: root,
      entryPoints: ['demo/cli.ts'],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'linked',
      logLevel: 'error',
    }),
  );
  return outfile;
}
