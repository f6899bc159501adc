import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { Page } from 'playwright/test';
import { test as base, expect } from 'playwright/test';

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with "npm test -- e2e"`);
  return value;
}

export const rootDomain = required('E2E_ROOT_DOMAIN');
const port = Number(required('E2E_PORT'));
/** The predecessor's key, as the server's environment has it. */
export const legacyKey = required('E2E_LEGACY_KEY');

type Demo = {
  people: { email: string; password: string; role: string; tenant: string }[];
  apiKey: string;
  apiKeyTenant: string;
};
export const demo = JSON.parse(readFileSync(required('E2E_DEMO_FILE'), 'utf8')) as Demo;

/** The address of a page: `url('acme-corp', '/traces')`, `url('cloud', '/login')`, `url('', '/')` for the root site. */
export function url(subdomain: string, path = '/'): string {
  return `http://${subdomain ? `${subdomain}.` : ''}${rootDomain}${path}`;
}

/** A slug that no other test has. */
export function uniqueSlug(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
}

/** The demo person with a role in acme-corp. */
export function person(role: 'admin' | 'analyst' | 'viewer') {
  const found = demo.people.find((one) => one.role === role && one.tenant === 'acme-corp');
  if (!found) throw new Error(`The seed has no ${role}`);
  return found;
}

/** The demo person who runs the platform. */
export function operator() {
  const found = demo.people.find((one) => one.role === 'operator');
  if (!found) throw new Error('The seed has no operator');
  return found;
}

export type Answer = { status: number; headers: http.IncomingHttpHeaders; text: string };

/**
 * A request to the server with any Host and headers, as an attacker would make it. Node does not resolve *.localhost,
 * and fetch does not let the Host header be set.
 */
export function send(options: {
  host: string;
  path: string;
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** Of another server than the one that all tests share. */
  port?: number;
  /** Whose connections are used, in place of Node's own. */
  agent?: http.Agent;
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port: options.port ?? port,
        path: options.path,
        method: options.method ?? 'GET',
        ...(options.agent && { agent: options.agent }),
        headers: {
          host: options.host,
          ...options.headers,
          ...(options.body ? { 'content-length': String(Buffer.byteLength(options.body)) } : {}),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

export async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(who.email);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs somebody in without the form: their session's cookie is in this browser, for each workspace's host. */
export async function enterAs(page: Page, { cookie }: { cookie: string }, root = rootDomain): Promise<void> {
  const [name = '', value = ''] = cookie.split(/=(.*)/s);
  const domain = `.${root.replace(/:\d+$/, '')}`;
  await page.context().addCookies([{ name, value, domain, path: '/', httpOnly: true }]);
}

/** Fills the sign-up form for a new person with a new workspace. */
export async function fillSignUp(page: Page, slug: string): Promise<void> {
  await page.getByLabel('Your name').fill('Nina Newcomer');
  await page.getByLabel('E-mail', { exact: true }).fill(`${slug}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByLabel('Workspace name').fill(slug);
  await expect(page.getByText('Available')).toBeVisible();
}

/** Signs up, and waits for the new workspace's console. */
export async function signUp(page: Page, slug: string): Promise<void> {
  await page.goto(url('cloud', '/signup'));
  await fillSignUp(page, slug);
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await page.waitForURL(url(slug, '/traces'));
}

/** So long is waited for React; whatever it has not taken over by then, the test itself will say. */
const TAKEN_OVER_MS = 10_000;

/**
 * Waits until React has taken over every control that is to be seen: a key pressed or a button clicked before does nothing. A
 * page that React has not made passes at once.
 */
async function takenOver(page: Page): Promise<void> {
  for (const deadline = Date.now() + TAKEN_OVER_MS; Date.now() < deadline; ) {
    const check = page.evaluate(() => {
      if (!('__next_f' in window)) return true;
      // What was streamed for a part that the browser has made itself meanwhile stays in the document, hidden.
      const controls = [...document.querySelectorAll('button, input, select, textarea, [tabindex]')];
      return controls
        .filter((one) => one.checkVisibility())
        .every((one) => Object.keys(one).some((key) => key.startsWith('__reactFiber')));
    });
    // A page that leads on to another at once takes the question with it.
    if (await check.catch(() => false)) return;
    await page.waitForTimeout(50);
  }
}

/**
 * A browser test in which a blocked script or an uncaught error fails the test, and which goes on after `page.goto` and
 * `page.reload` once the page answers to keys and clicks.
 */
export const test = base.extend<{ noPageErrors: undefined }>({
  page: async ({ page, javaScriptEnabled }, use) => {
    const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
    const ready = async <T>(answer: T) => {
      if (javaScriptEnabled !== false) await takenOver(page);
      return answer;
    };
    page.goto = async (...given) => ready(await goto(...given));
    page.reload = async (...given) => ready(await reload(...given));
    await use(page);
  },
  noPageErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && /Content Security Policy|hydrat/i.test(message.text()))
          errors.push(message.text());
      });
      await use(undefined);
      expect(errors).toEqual([]);
    },
    { auto: true },
  ],
});

/** A test that needs no browser: requests as an attacker would make them. */
export const requestTest = base;

export { expect };
