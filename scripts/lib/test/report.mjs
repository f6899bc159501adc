import { readJson } from '../files.mjs';

/**
 * What a step's tests came to.
 * @typedef {{ ok: boolean, passed: number, failed: number, skipped: number }} Outcome
 */

/** @returns {Outcome} of a step that is not made of tests */
export function outcome(/** @type {boolean} */ ok) {
  return { ok, passed: 0, failed: ok ? 0 : 1, skipped: 0 };
}

/**
 * @param {string} path of vitest's JSON report
 * @param {number} code with which vitest ended
 * @returns {Outcome}
 */
export function vitestOutcome(path, code) {
  const report = readJson(path);
  /** @type {{ status: string, assertionResults: { status: string }[] }[]} */
  const files = report?.testResults ?? [];
  const unloadable = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  return total(code, {
    passed: report?.numPassedTests ?? 0,
    failed: (report?.numFailedTests ?? 0) + unloadable.length,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  });
}

/**
 * @param {string} path of Playwright's JSON report
 * @param {number} code with which Playwright ended
 * @returns {Outcome}
 */
export function playwrightOutcome(path, code) {
  const stats = readJson(path)?.stats ?? {};
  return total(code, {
    passed: (stats.expected ?? 0) + (stats.flaky ?? 0),
    failed: stats.unexpected ?? 0,
    skipped: stats.skipped ?? 0,
  });
}

/**
 * A runner that failed without a failed test (none was found, say) still counts as one failure: the last
 * line must not say "0 failed" of a run that failed.
 * @param {number} code
 * @param {{ passed: number, failed: number, skipped: number }} counts
 * @returns {Outcome}
 */
function total(code, counts) {
  const ok = code === 0 && counts.failed === 0;
  return { ...counts, ok, failed: ok ? 0 : Math.max(1, counts.failed) };
}
