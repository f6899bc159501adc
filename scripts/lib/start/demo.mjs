import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { runNode, tail } from '../child.mjs';
import { Failure } from '../failure.mjs';
import { readJson } from '../files.mjs';
import { dataDir } from '../paths.mjs';

/**
 * The demo's people and key. They are made with the demo data, once, and kept to be shown on each start.
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {{ people: { email: string, password: string, role: string, tenant?: string | null }[], apiKey: string,
 *   apiKeyTenant: string }} Demo
 */

const kept = join(dataDir, 'demo.json');
/** Written by a seed that may not have been committed: it counts only once the command has ended well. */
const fresh = join(dataDir, 'demo.json.new');

/**
 * The command does nothing where there are tenants; asking it is the one sure way to know.
 * @param {{ script: string, env: Environment, signal: AbortSignal,
 *   progress: import('../progress.mjs').Progress }} options
 * @returns {Promise<Demo | undefined>}
 */
export async function ensureDemo({ script, env, signal, progress }) {
  await progress.step('Looking after the demo data', async (step) => {
    const result = await runNode(
      script,
      ['seed', '--out', fresh, ...(isWhole(readJson(kept)) ? [] : ['--new-key'])],
      { env, signal, onLine: step.update },
    );
    step.update('');
    if (result.code !== 0) throw new Failure(`The demo data could not be made:\n${tail(result.output)}`);
  });
  if (existsSync(fresh)) renameSync(fresh, kept);
  return readJson(kept);
}

/**
 * Whether what is kept names everybody that the demo has: an older version knew no operator.
 * @param {Demo | undefined} demo
 */
function isWhole(demo) {
  return demo?.people.some(({ role }) => role === 'operator') ?? false;
}
