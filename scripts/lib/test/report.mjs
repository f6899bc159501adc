import { readJson } from '../files.mjs';

/**
 * What a step's tests came to, and which of them failed and why.
 * @typedef {import('./vitest-report.mjs').FailedTest} FailedTest
 * @typedef {import('./vitest-report.mjs').RunReport} RunReport
 * @typedef {{ ok: boolean, passed: number, failed: number, skipped: number, failures: FailedTest[] }} Outcome
 */

/** @returns {Outcome} of a step that is not made of tests */
export function outcome(/** @type {boolean} */ ok) {
  return { ok, passed: 0, failed: ok ? 0 : 1, skipped: 0, failures: [] };
}

/**
 * @param {string} path of the report of vitest-report.mjs
 * @param {number} code with which vitest ended
 * @returns {Outcome}
 */
export function vitestOutcome(path, code) {
  /** @type {RunReport | undefined} */
  const report = readJson(path);
  return total(code, report ?? { passed: 0, skipped: 0, failures: [] });
}

/**
 * @typedef {{ message?: string }} PlaywrightError
 * @typedef {{ status: string, results: { error?: PlaywrightError }[] }} PlaywrightTest
 * @typedef {{ title: string, file?: string, specs?: { title: string, tests: PlaywrightTest[] }[], suites?: PlaywrightSuite[] }} PlaywrightSuite
 */

/**
 * @param {string} path of Playwright's JSON report
 * @param {number} code with which Playwright ended
 * @returns {Outcome}
 */
export function playwrightOutcome(path, code) {
  /** @type {{ stats?: Record<string, number>, suites?: PlaywrightSuite[], errors?: PlaywrightError[] } | undefined} */
  const report = readJson(path);
  const stats = report?.stats ?? {};
  return total(code, {
    passed: (stats.expected ?? 0) + (stats.flaky ?? 0),
    skipped: stats.skipped ?? 0,
    failures: [
      ...(report?.suites ?? []).flatMap((suite) => failedTests(suite, [])),
      ...(report?.errors ?? []).map((error) => ({ name: 'outside of a test', message: error.message ?? '' })),
    ],
  });
}

/**
 * @param {PlaywrightSuite} suite
 * @param {string[]} above titles of the suites around it
 * @returns {FailedTest[]}
 */
function failedTests({ title, specs = [], suites = [] }, above) {
  const path = [...above, title];
  const own = specs.flatMap((spec) =>
    spec.tests
      .filter(({ status }) => status === 'unexpected')
      .map(({ results }) => ({
        name: [...path, spec.title].join(' › '),
        message: results.findLast(({ error }) => error)?.error?.message ?? 'no error was given',
      })),
  );
  return [...own, ...suites.flatMap((suite) => failedTests(suite, path))];
}

/**
 * A runner that failed without a failed test (none was found, say) still counts as one failure: the last
 * line must not say "0 failed" of a run that failed.
 * @param {number} code
 * @param {{ passed: number, skipped: number, failures: FailedTest[] }} result
 * @returns {Outcome}
 */
function total(code, { passed, skipped, failures }) {
  const ok = code === 0 && failures.length === 0;
  return { ok, passed, skipped, failed: ok ? 0 : Math.max(1, failures.length), failures };
}
