import { writeFileSync } from 'node:fs';

/**
 * What a run of vitest came to, as a file: its own JSON report says nothing of errors outside of tests.
 * @typedef {import('vitest/node').TestModule} TestModule
 * @typedef {{ name: string, message: string }} FailedTest `name`: file and test; `message`: the error, without its stack
 * @typedef {{ passed: number, skipped: number, failures: FailedTest[], unsteady: FailedTest[] }} RunReport
 */

/** What vitest calls when a run ends. */
export default class RunReporter {
  /** @param {readonly TestModule[]} modules @param {readonly { message?: string }[]} errors outside of tests */
  onTestRunEnd(modules, errors) {
    const path = process.env.VITEST_REPORT_FILE;
    if (!path) throw new Error('VITEST_REPORT_FILE names no file for the report');
    writeFileSync(path, JSON.stringify(report(modules, errors)));
  }
}

/**
 * @param {readonly TestModule[]} modules
 * @param {readonly { message?: string }[]} errors
 * @returns {RunReport}
 */
function report(modules, errors) {
  /** @type {RunReport} */
  const all = { passed: 0, skipped: 0, failures: [], unsteady: [] };
  for (const module of modules) {
    const file = module.relativeModuleId;
    const told = (/** @type {string} */ name, /** @type {readonly { message?: string }[]} */ causes) => ({
      name: [file, name].filter(Boolean).join(' › '),
      message: causes[0]?.message ?? 'no error was given',
    });
    // Of a file or a group itself: what could not be loaded, and hooks.
    if (module.errors().length > 0) all.failures.push(told('', module.errors()));
    for (const suite of module.children.allSuites()) {
      if (suite.errors().length > 0) all.failures.push(told(suite.fullName, suite.errors()));
    }
    for (const test of module.children.allTests()) {
      const { state, errors: causes } = test.result();
      if (state === 'passed') all.passed++;
      else if (state === 'failed') all.failures.push(told(test.fullName, causes ?? []));
      else all.skipped++;
      if (test.diagnostic()?.flaky) all.unsteady.push(told(test.fullName, causes ?? []));
    }
  }
  for (const error of errors)
    all.failures.push({ name: 'outside of a test', message: error.message ?? String(error) });
  return all;
}
