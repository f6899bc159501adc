import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run, runNode, tail } from './child.mjs';
import { Failure } from './failure.mjs';
import { inRoot } from './paths.mjs';

/**
 * Finds a Chromium for the browser tests, or gets one.
 * @typedef {import('./progress.mjs').Progress} Progress
 */

/** The first that is there. Without a window to draw, the headless one takes a quarter of the time. */
const names = [
  'chromium-headless-shell',
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * @param {{ progress: Progress, signal: AbortSignal }} options
 * @returns {Promise<string>} the program's path
 */
export async function ensureChromium({ progress, signal }) {
  const found = await find();
  if (found) return found;
  await progress.step('Installing Chromium', async (step) => {
    const said = await install({ signal, onLine: step.update });
    step.update('');
    if (!(await find())) {
      throw new Failure(
        'The browser tests need Chromium, and it could not be installed. Install it (Debian: apt-get install chromium), ' +
          `or set CHROMIUM_PATH to a Chromium or Chrome.\n${said}`,
      );
    }
  });
  return (await find()) ?? '';
}

/** @returns {Promise<string | undefined>} */
async function find() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (runs(given)) return given;
    throw new Failure(`CHROMIUM_PATH is "${given}", which is not a Chromium that runs.`);
  }
  const { chromium } = await import('playwright');
  for (const name of [...names, chromium.executablePath()]) {
    const path = name.includes('/') ? name : which(name);
    if (path && runs(path)) return path;
  }
  return undefined;
}

/** @param {string} name */
function which(name) {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  return folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
}

/**
 * There are packages of that name which only tell where to get another one.
 * @param {string} path
 */
function runs(path) {
  if (!existsSync(path)) return false;
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 && /chrom/i.test(stdout);
}

/**
 * @param {{ signal: AbortSignal, onLine: (line: string) => void }} options
 * @returns {Promise<string>} what went wrong, if anything
 */
async function install({ signal, onLine }) {
  let said = '';
  if (process.getuid?.() === 0 && which('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env, signal, onLine });
    for (const name of ['chromium-headless-shell', 'chromium']) {
      const args = ['install', '-y', '--no-install-recommends', name];
      const apt = await run('apt-get', args, { env, signal, onLine });
      if (apt.code === 0 && (await find())) return '';
      said = tail(apt.output, 5);
    }
  }
  const result = await runNode(inRoot('node_modules', 'playwright', 'cli.js'), ['install', 'chromium'], {
    signal,
    onLine,
  });
  return result.code === 0 ? said : `${said}\n${tail(result.output, 5)}`.trim();
}
