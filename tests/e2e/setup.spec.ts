import { execFileSync } from 'node:child_process';
import { makeTenant, type TestTenant } from '../support/factories';
import { enterAs, expect, send, signUp, test, uniqueSlug, url } from './support';
import { closeWorlds } from './worlds';

test.afterAll(() => closeWorlds());

test('a newcomer copies a request, sends it, sees it arrive and follows it', async ({ page }) => {
  const slug = uniqueSlug('setup');
  await signUp(page, slug);
  await page.getByRole('link', { name: 'Set up' }).click();
  await page.waitForURL(url(slug, '/setup')); // the list that is left has the same heading while it is empty
  await expect(page.getByRole('heading', { name: 'Send your first trace' })).toBeVisible();
  await page.getByRole('tab', { name: 'Python' }).click();
  await page.getByRole('tab', { name: 'curl' }).click();
  await page.getByRole('tabpanel', { name: 'curl' }).getByRole('button', { name: /^Copy/ }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());

  const answer: unknown = JSON.parse(
    execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  expect(answer).toMatchObject({ status: 'created' });
  await expect(page.getByText('Your first trace has arrived.')).toBeVisible();
  await page.getByRole('link', { name: 'Open the trace' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'How long do I have to return an item?',
  );
});

test('the choice is made by keyboard, stands in the address, and the key outlives it', async ({ page }) => {
  await signUp(page, uniqueSlug('setup'));
  // Until the page has come alive, a key does nothing.
  await expect(async () => {
    await page.getByRole('tab', { name: 'curl' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(page).toHaveURL(/\?language=python/, { timeout: 1_000 });
  }).toPass();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'OpenTelemetry' })).toBeFocused(); // which moves a moment later
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/\?language=python&framework=langchain$/);
  await expect(page.getByText('LangChainInstrumentor().instrument')).toBeVisible();
  await expect(page.getByText(/OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer%20rtk_/)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('tab', { name: 'LangChain' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByText('LangChainInstrumentor().instrument')).toBeVisible();
});

test.describe('in a workspace that has traces', () => {
  let tenant: TestTenant;
  test.beforeAll(async () => {
    tenant = await makeTenant();
  });
  const post = (trace_id: string) =>
    send({
      host: tenant.host,
      path: '/api/v1/traces',
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.firstKey.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ trace_id, user_input: `Question of ${trace_id}?` }),
    });

  test('waits for the next one, and takes a pasted key', async ({ page }) => {
    expect((await post('before')).status).toBe(201);
    await enterAs(page, tenant.admin);
    await page.goto(url(tenant.slug, '/setup?language=typescript&framework=client'));
    await expect(page.getByText('Waiting for your next trace')).toBeVisible();

    const field = page.getByLabel('Or paste one that you have');
    await field.fill('two words');
    await expect(page.getByText('This is no API key')).toBeVisible();
    await field.fill(` ${tenant.firstKey.key} `);
    await expect(page.getByText('This is no API key')).toBeHidden();
    await expect(page.getByText(`apiKey: "${tenant.firstKey.key}"`)).toBeVisible();

    const start = Date.now();
    expect((await post('a/b c')).status).toBe(201);
    const link = page.getByRole('link', { name: 'Open the trace' });
    await expect(link).toHaveAttribute('href', '/traces/a%2Fb%20c');
    console.log(`seen ${Date.now() - start} ms after it was sent`); // printed: it depends on what else the machine does
    await expect(page.getByText('Question of a/b c?')).toBeVisible();
  });
});
