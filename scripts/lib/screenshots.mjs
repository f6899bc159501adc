import { mkdirSync, readFileSync } from 'node:fs';
import { ensureChromium } from './chromium.mjs';
import { readConfig } from './config.mjs';
import { createLifetime } from './lifetime.mjs';
import { inRoot } from './paths.mjs';
import { createProgress } from './progress.mjs';

/** Which page goes into which file; each is taken in both themes, as `<file>-light.png` and `<file>-dark.png`. */
const pictures = [
  { path: '/overview?period=14d', file: 'public/screenshots/overview' },
  { path: '/traces/acme-corp-demo-03', file: 'docs/screenshots/trace' },
];

/** Signs in as the demo admin and takes every picture, 1280 × 800. */
export async function takeScreenshots() {
  const progress = createProgress();
  const lifetime = createLifetime({ codeWhenAsked: 130 });
  await lifetime.run(async () => {
    const { scheme, rootDomain } = readConfig();
    const demo = JSON.parse(readFileSync(process.env.DEMO_FILE || inRoot('.data', 'demo.json'), 'utf8'));
    const admin = demo.people.find((/** @type {{ role: string }} */ person) => person.role === 'admin');
    const executablePath = await ensureChromium({ progress, signal: lifetime.signal });
    const { chromium } = await import('playwright');
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    });
    lifetime.defer(() => browser.close());
    for (const theme of /** @type {const} */ (['light', 'dark'])) {
      const page = await browser.newPage({ colorScheme: theme, viewport: { width: 1280, height: 800 } });
      const origin = `${scheme}://${admin.tenant}.${rootDomain}`;
      await page.goto(`${origin}/login`);
      await page.getByLabel('E-mail', { exact: true }).fill(admin.email);
      await page.getByLabel('Password', { exact: true }).fill(admin.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.waitForURL(/\/overview/);
      for (const { path, file } of pictures) {
        const target = inRoot(`${file}-${theme}.png`);
        mkdirSync(inRoot(file, '..'), { recursive: true });
        await page.goto(`${origin}${path}`, { waitUntil: 'networkidle' });
        await page.screenshot({ path: target });
        progress.say(`${file}-${theme}.png`);
      }
    }
    return 0;
  });
}
