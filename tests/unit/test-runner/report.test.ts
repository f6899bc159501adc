import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { playwrightOutcome, vitestOutcome } from '@/scripts/lib/test/report.mjs';
import { runSteps } from '@/scripts/lib/test/steps.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ragtoolkit-report-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, content);
  return at;
}

/** Runs a test file of its own with vitest and our reporter, and answers its exit code. */
function runVitest(content: string, report: string): number {
  file('some.test.mjs', content);
  const [vitest, reporter] = ['node_modules/vitest/vitest.mjs', 'scripts/lib/test/vitest-report.mjs'].map(
    (name) => path.resolve(name),
  );
  try {
    execFileSync(
      process.execPath,
      [vitest ?? '', 'run', `--root=${folder}`, '--globals', `--reporter=${reporter}`],
      { env: { ...process.env, VITEST_REPORT_FILE: report }, stdio: 'ignore' },
    );
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

test('of a run of vitest names tests, hooks and errors outside of tests that failed', () => {
  const report = path.join(folder, 'vitest.json');
  const code = runVitest(
    `describe('a group', () => {
       it('passes', () => {});
       it('fails', () => { throw new Error('expected 1, found 2'); });
       it.skip('is skipped', () => {});
     });
     describe('a group with a hook', () => {
       beforeAll(() => { throw new Error('nothing to begin with'); });
       it('is not reached', () => {});
     });
     let tries = 0;
     it('is unsteady', { retry: 1 }, () => { if (tries++ === 0) throw new Error('not yet'); });
     it('leaves something behind', async () => {
       setTimeout(() => { throw new Error('too late'); }, 5);
       await new Promise((resolve) => setTimeout(resolve, 200));
     });`,
    report,
  );
  expect(vitestOutcome(report, code)).toEqual({
    ok: false,
    passed: 3,
    failed: 3,
    skipped: 2,
    unsteady: [{ name: 'some.test.mjs › is unsteady', message: 'not yet' }],
    failures: expect.arrayContaining([
      { name: 'some.test.mjs › a group > fails', message: 'expected 1, found 2' },
      { name: 'some.test.mjs › a group with a hook', message: 'nothing to begin with' },
      { name: 'outside of a test', message: 'too late' },
    ]),
  });
});

test('of a run in which a file cannot be loaded names the file', () => {
  const report = path.join(folder, 'unloadable.json');
  const code = runVitest(`import './nowhere.mjs';`, report);
  const outcome = vitestOutcome(report, code);
  expect(outcome).toMatchObject({ ok: false, passed: 0, failed: 1 });
  expect(outcome.failures[0]?.name).toBe('some.test.mjs');
});

test('of a runner that wrote no report is one failure', () => {
  expect(vitestOutcome(path.join(folder, 'none.json'), 1)).toMatchObject({ ok: false, failed: 1 });
});

test('of a run of Playwright names the tests that failed, with their files and groups', () => {
  const report = file(
    'playwright.json',
    JSON.stringify({
      stats: { expected: 1, unexpected: 1, flaky: 1, skipped: 1 },
      errors: [],
      suites: [
        {
          title: 'people.spec.ts',
          specs: [],
          suites: [
            {
              title: 'an admin',
              specs: [
                { title: 'invites', tests: [{ status: 'expected', results: [{ errors: [] }] }] },
                {
                  title: 'removes',
                  tests: [
                    {
                      status: 'unexpected',
                      results: [{ errors: [{ message: 'too long' }, { message: 'waiting for a button' }] }],
                    },
                  ],
                },
                {
                  title: 'leaves',
                  tests: [
                    { status: 'flaky', results: [{ errors: [{ message: 'not yet' }] }, { errors: [] }] },
                  ],
                },
              ],
            },
          ],
        },
      ],
    }),
  );
  expect(playwrightOutcome(report, 1)).toEqual({
    ok: false,
    passed: 2,
    failed: 1,
    skipped: 1,
    failures: [{ name: 'people.spec.ts › an admin › removes', message: 'too long\nwaiting for a button' }],
    unsteady: [{ name: 'people.spec.ts › an admin › leaves', message: 'not yet' }],
  });
});

test('a run says at its end again what failed, and what passed only when tried again', async () => {
  const said: string[] = [];
  const progress = {
    step: async () => {
      throw new Error('no step is shown here');
    },
    say: (text: string) => said.push(text),
    bold: (text: string) => text,
  };
  const failed = { ok: false, passed: 1, failed: 1, skipped: 0, unsteady: [] };
  const code = await runSteps(
    [
      {
        name: 'unit',
        run: async () => ({
          ...failed,
          failures: [{ name: 'a.test.ts › adds', message: '\u001b[31mexpected 4\u001b[39m\nfound 5' }],
        }),
      },
      {
        name: 'e2e',
        run: async () => ({
          ...{ ok: true, passed: 1, failed: 0, skipped: 0, failures: [] },
          unsteady: [{ name: 'a.spec.ts › opens', message: 'not yet' }],
        }),
      },
    ],
    { progress: progress as never, signal: new AbortController().signal, show: String },
  );
  expect(code).toBe(1);
  expect(said.slice(-3)).toEqual([
    '\n✗ unit: a.test.ts › adds\n    expected 4\n    found 5',
    '\n↻ e2e, passed when tried again: a.spec.ts › opens\n    not yet',
    '\n2 passed, 1 failed',
  ]);
});
