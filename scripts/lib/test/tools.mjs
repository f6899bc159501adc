import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnv, buildPaths, locked, nextCommand } from '../build/build.mjs';
import { runNode, tail, verbose } from '../child.mjs';
import { neutralEnv } from '../environment.mjs';
import { buildRoot, inRoot } from '../paths.mjs';
import { outcome, vitestOutcome } from './report.mjs';

/**
 * The tools a step runs. Their own output is shown where people follow it (tests), and otherwise when it matters.
 * @typedef {import('../progress.mjs').Progress} Progress
 * @typedef {import('../environment.mjs').Environment} Environment
 * @typedef {{ temporary: string, progress: Progress, signal: AbortSignal, env: Environment }} Context
 *   `env`: what tests may know; `temporary`: a folder for reports
 */

/** @param {string[]} path */
const packageFile = (...path) => inRoot('node_modules', ...path);

/**
 * @param {Context} context
 * @param {string} script
 * @param {string[]} args
 * @param {Environment} [env]
 */
async function quiet({ progress, signal }, script, args, env = neutralEnv()) {
  const result = await runNode(script, args, { env, signal });
  if (result.code !== 0 && !verbose) progress.say(tail(result.output, 200));
  return result.code === 0;
}

/** @param {Context} context */
export async function lockfile(context) {
  return outcome(await quiet(context, inRoot('scripts', 'complete-lockfile.mjs'), ['--check']));
}

/** @param {Context} context */
export async function lint(context) {
  const biome = packageFile('@biomejs', 'biome', 'bin', 'biome');
  return outcome(await quiet(context, biome, ['check', '--error-on-warnings', '.']));
}

/**
 * Types, those of the routes included, which Next generates: into the tests' build folder, because a fresh clone has no
 * build yet. Only that one folder is looked at: another may hold the types of routes that no longer exist.
 * @param {Context} context
 */
export async function types(context) {
  const { nextDistDir } = buildPaths('test');
  return await locked('test', context, async () => {
    if (!(await quiet(context, nextCommand, ['typegen'], buildEnv(nextDistDir)))) return outcome(false);
    const folder = join(buildRoot, 'check');
    mkdirSync(folder, { recursive: true });
    const up = '../..';
    const config = {
      extends: `${up}/tsconfig.json`,
      compilerOptions: { checkJs: true, incremental: true, tsBuildInfoFile: './tsbuildinfo' },
      include: [
        ...['next-types.d.ts', `${up}/*.js`, `${up}/*.mjs`, `${up}/**/*.ts`, `${up}/**/*.tsx`],
        ...[`${up}/scripts/**/*.mjs`, `${up}/${nextDistDir}/types/**/*.ts`],
      ],
      exclude: [`${up}/node_modules`, `${up}/next-env.d.ts`],
    };
    writeFileSync(
      join(folder, 'next-types.d.ts'),
      '/// <reference types="next" />\n/// <reference types="next/image-types/global" />\n',
    );
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config, null, 2));
    const tsc = packageFile('typescript', 'bin', 'tsc');
    return outcome(
      await quiet(context, tsc, [
        '--noEmit',
        '--pretty',
        String(Boolean(process.stdout.isTTY)),
        '-p',
        join(folder, 'tsconfig.json'),
      ]),
    );
  });
}

/**
 * @param {Context} context
 * @param {string} project
 * @param {string[]} [args]
 */
export async function vitest({ temporary, signal, env }, project, args = []) {
  const report = join(temporary, `${project}.json`);
  const reporter = inRoot('scripts', 'lib', 'test', 'vitest-report.mjs');
  const options = ['--reporter=default', `--reporter=${reporter}`];
  const { code } = await runNode(
    packageFile('vitest', 'vitest.mjs'),
    ['run', '--project', project, ...options, ...args],
    { env: { ...env, VITEST_REPORT_FILE: report }, signal, show: true },
  );
  return vitestOutcome(report, code);
}
