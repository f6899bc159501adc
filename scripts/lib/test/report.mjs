import { readJson } from '../files.mjs';

/**
 * What a step's tests came to, and which of them failed and why.
 * @typedef {import('./vitest-report.mjs').FailedTest} FailedTest
 * @typedef {import('./vitest-report.mjs').RunReport} RunReport
 * @typedef {{ ok: boolean, passed: number, failed: number, skipped: number, failures: FailedTest[], unsteady: FailedTest[] }} Outcome
 *   `unsteady`: passed only when they were tried again, with what was wrong at first; they count as passed
 */

/** @returns {Outcome} of a step that is not made of tests */
export function outcome(/** @type {boolean} */ ok) {
  return { ok, passed: 0, failed: ok ? 0 : 1, skipped: 0, failures: [], unsteady: [] };
}

/**
 * @param {string} path of the report of vitest-report.mjs
 * @param {number} code with which vitest ended
 * @returns {Outcome}
 */
export function vitestOutcome(path, code) {
  /** @type {RunReport | undefined} */
  const report = readJson(path);
  return total(code, report ?? { passed: 0, skipped: 0, failures: [], unsteady: [] });
}

/**
 * @typedef {{ message?: string }} PlaywrightError
 * @typedef {{ status: string, results: { errors?: PlaywrightError[] }[] }} PlaywrightTest
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
  const { stats = {}, suites = [] } = report ?? {};
  return total(code, {
    passed: (stats.expected ?? 0) + (stats.flaky ?? 0),
    skipped: stats.skipped ?? 0,
    failures: [
      ...suites.flatMap((suite) => testsOf(suite, 'unexpected')),
      ...(report?.errors ?? []).map((error) => ({ name: 'outside of a test', message: error.message ?? '' })),
    ],
    unsteady: suites.flatMap((suite) => testsOf(suite, 'flaky')),
  });
}

/**
 * The tests that came to `status`, each with all that its last failed try had to say: that it took too long, say, and
 * what it was waiting for.
 * @param {PlaywrightSuite} suite
 * @param {'unexpected' | 'flaky'} status
 * @param {string[]} above titles of the suites around it
 * @returns {FailedTest[]}
 */
function testsOf({ title, specs = [], suites = [] }, status, above = []) {
  const path = [...above, title];
  const own = specs.flatMap((spec) =>
    spec.tests
      .filter((one) => one.status === status)
      .map(({ results }) => ({
        name: [...path, spec.title].join(' › '),
        message:
          results
            .findLast(({ errors = [] }) => errors.length > 0)
            ?.errors?.map(({ message }) => message)
            .join('\n') ?? 'no error was given',
      })),
  );
  return [...own, ...suites.flatMap((suite) => testsOf(suite, status, path))];
}

/**
 * A runner that failed without a failed test (none was found, say) still counts as one failure: the last
 * line must not say "0 failed" of a run that failed.
 * @param {number} code
 * @param {{ passed: number, skipped: number, failures: FailedTest[], unsteady: FailedTest[] }} result
 * @returns {Outcome}
 */
function total(code, { passed, skipped, failures, unsteady }) {
  const ok = code === 0 && failures.length === 0;
  return { ok, passed, skipped, failed: ok ? 0 : Math.max(1, failures.length), failures, unsteady };
}
