import { stripVTControlCharacters } from 'node:util';
import { seconds } from '../progress.mjs';
import { outcome } from './report.mjs';

/**
 * Runs steps one after the other and goes on after a failed one, so that one run shows all failures.
 * @typedef {import('./report.mjs').Outcome} Outcome
 * @typedef {import('../progress.mjs').Progress} Progress
 * @typedef {{ name: string, run: () => Promise<Outcome> }} TestStep
 */

/**
 * @param {TestStep[]} steps
 * @param {{ progress: Progress, signal: AbortSignal, show: (error: unknown) => string }} options
 * @returns {Promise<number>} the exit code
 */
export async function runSteps(steps, { progress, signal, show }) {
  /** @type {{ name: string, result: Outcome, time: string }[]} */
  const done = [];
  for (const { name, run } of steps) {
    progress.say(`\n${progress.bold(`▶ ${name}`)}`);
    const began = Date.now();
    let result = outcome(false);
    try {
      result = await run();
    } catch (error) {
      signal.throwIfAborted();
      progress.say(show(error));
    }
    signal.throwIfAborted();
    done.push({ name, result, time: seconds(began) });
    progress.say(line({ name, result, time: seconds(began) }));
  }
  if (done.length > 1) progress.say(['', progress.bold('Summary'), ...done.map(line)].join('\n'));
  for (const { name, result } of done) {
    if (result.unsteady.length > 0)
      progress.say(shown('↻', `${name}, passed when tried again`, result.unsteady));
    if (result.failures.length > 0) progress.say(shown('✗', name, result.failures));
  }
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    done.reduce((all, { result }) => all + result[key], 0);
  progress.say(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  return done.every(({ result }) => result.ok) ? 0 : 1;
}

/** As many failed tests of a step as are named once more at the end, and as many lines of what each said. */
const SHOWN = { tests: 20, lines: 12 };

/**
 * What failed, said again where nobody has to look for it: a log may be long, or cut.
 * @param {string} sign
 * @param {string} step
 * @param {import('./report.mjs').FailedTest[]} tests
 */
function shown(sign, step, tests) {
  const told = tests.slice(0, SHOWN.tests).flatMap(({ name, message }) => {
    const lines = stripVTControlCharacters(message).trim().split('\n').slice(0, SHOWN.lines);
    return ['', `${sign} ${step}: ${name}`, ...lines.map((text) => `    ${text}`)];
  });
  const more = tests.length - SHOWN.tests;
  return [...told, ...(more > 0 ? ['', `… and ${more} more of ${step}`] : [])].join('\n');
}

/** @param {{ name: string, result: Outcome, time: string }} step */
function line({ name, result: { ok, passed, failed, skipped, unsteady }, time }) {
  const counts = [
    passed > 0 && `${passed} passed`,
    failed > 0 && `${failed} failed`,
    skipped > 0 && `${skipped} skipped`,
    unsteady.length > 0 && `${unsteady.length} tried again`,
    time,
  ];
  return `${ok ? '✓' : '✗'} ${name.padEnd(12)} ${counts.filter(Boolean).join(', ')}`;
}
