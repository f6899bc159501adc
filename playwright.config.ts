import { defineConfig } from 'playwright/test';

const inCi = Boolean(process.env.CI);

/** Runs against a server that scripts/test.mjs has built, seeded and started; it says where in E2E_*. */
export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  fullyParallel: true,
  workers: 2,
  forbidOnly: inCi,
  retries: inCi ? 1 : 0, // the run names at its end what passed only then
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: `http://${process.env.E2E_ROOT_DOMAIN}`,
    trace: { mode: inCi ? 'on-first-retry' : 'retain-on-failure', screenshots: false, snapshots: true }, // a film costs more than the tests themselves
    screenshot: 'only-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH || undefined,
      args: [
        '--no-sandbox',
        '--disable-gpu', // Debian's asks for its rasterization, which without a card is emulated, slowly
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
