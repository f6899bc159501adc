import type { Page } from 'playwright/test';
import { createApiKey } from '@/lib/api-keys/mutations';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import { writeFeedback } from '@/lib/feedback/mutations';
import { ingestSpans } from '@/lib/spans/mutations';
import { makePerson, makeTenant, type TestPerson, type TestTenant, unique } from '../support/factories';
import { makeSpan } from '../support/spans';
import { enterAs, expect, send, test, url } from './support';
import { discoverPages } from './surface';
import { closeWorlds } from './worlds';

/**
 * Everything that a client or a person may write is text to the console, whatever it looks like. Each page is opened in
 * a browser while every field that it could show holds something that would run if it were taken for markup.
 */
const RUN = 'window.__xss=1';
const long = 'W'.repeat(2000);
const payloads = [
  `<img src=x onerror="${RUN}">`,
  `<script>${RUN}</script>`,
  `</script><svg onload="${RUN}">`,
  `</title></textarea><script>${RUN}</script>`,
  `"'><a href="javascript:${RUN}">open</a>`,
  `javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `[open](javascript:${RUN}) ![x](x" onerror="${RUN})`,
  `<iframe srcdoc="<script>parent.__xss=1</script>">`,
  `<style>body{display:none}</style><base href="//evil.example/">`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `\${${RUN}} {{constructor.constructor('${RUN}')()}}`,
  '\u202Egnp.exe\u2066\u2067\u200B\uFEFF<!-- ]]>',
];

type Watched = { __xss?: unknown; __violations?: string[] };

test.afterAll(closeWorlds);

/** Opens nothing yet: signs the browser in, and makes every page that it opens report what its policy stopped. */
async function enter(page: Page, person: TestPerson): Promise<{ dialogs: string[] }> {
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    const watched = window as unknown as Watched;
    watched.__violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      watched.__violations?.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  await enterAs(page, person);
  return { dialogs };
}

/** Opens what is folded, and looks for anything that has run, or would run when clicked. */
async function nothingRuns(page: Page, what: string, dialogs: string[]): Promise<void> {
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true;
    for (const button of document.querySelectorAll<HTMLElement>(
      'main button[aria-expanded="false"]:not([aria-haspopup])',
    ))
      button.click();
  });
  const found = await page.evaluate(() => {
    const watched = window as unknown as Watched;
    const addresses = [...document.querySelectorAll('[href],[src],[action],[formaction]')].flatMap(
      (element) => ['href', 'src', 'action', 'formaction'].map((name) => element.getAttribute(name) ?? ''),
    );
    return {
      ran: watched.__xss,
      violations: watched.__violations ?? [],
      addresses: addresses.filter((address) => /^\s*(javascript|data:text|vbscript|\/\/evil)/i.test(address)),
      elements: [
        ...document.querySelectorAll(
          'img[src="x"],iframe,svg[onload],base,meta[http-equiv=refresh],[onerror]',
        ),
      ].map((element) => element.outerHTML),
      wide: document.documentElement.scrollWidth - window.innerWidth,
      hidden: getComputedStyle(document.body).display,
    };
  });
  expect(found, what).toMatchObject({ violations: [], addresses: [], elements: [], hidden: 'block' });
  expect(found.ran, what).toBeUndefined();
  expect(dialogs, what).toEqual([]);
  expect(found.wide, `${what} is wider than the window`).toBeLessThanOrEqual(0);
}

/** A tenant whose every text is one of these: its own name and its admin's the first, its keys and traces one each. */
async function makePoisoned(texts: string[]): Promise<{ tenant: TestTenant; traces: Map<string, string> }> {
  const [first = ''] = texts;
  const tenant = await makeTenant({ tenantName: first.slice(0, 80), name: first.slice(0, 80) });
  const traces = new Map<string, string>();
  for (const text of texts) {
    await createApiKey(tenant.admin.ctx, { name: text.slice(0, 80) });
    const label = text.slice(0, 150);
    const id = `${label} ${unique()}`;
    traces.set(text, id);
    await post(tenant, {
      trace_id: id,
      project: label,
      user_input: text,
      model_output: text,
      model_name: label,
      error: text,
      prompts: [text, `${text}\n${long}`],
      retrieved_chunks: [
        { text, source: text, metadata: { [text]: text, url: text, nested: [{ [text]: [text] }] } },
        { text: `${text} ${long}`, source: long },
        text,
      ],
      metadata: {
        [text]: text,
        user_id: label,
        session_id: label,
        url: text,
        href: text,
        html: { [text]: text },
      },
      tokens_in: 1,
    });
  }
  for (const [text, id] of traces)
    await writeFeedback(tenant.firstKey.ctx, {
      traceId: id,
      id: text.slice(0, 200),
      thumbs: 'down',
      comment: `${text} ${long}`.slice(0, 10_000),
      user_id: text.slice(0, 200),
    });
  const verdicts = [...traces].map(([text, id]) => ({
    ...{ trace_id: id, id: text.slice(0, 200), score_type: text.slice(0, 200), score: 0.5 },
    ...{ evaluator_id: text.slice(0, 200), evaluator_version: text.slice(0, 200) },
    explanation: `${text} ${long}`.slice(0, 10_000),
  }));
  expect((await writeEvaluations(tenant.ctx, verdicts)).rejected).toEqual([]);
  await post(tenant, { trace_id: long.slice(0, 200), user_input: long, model_name: long.slice(0, 200) });
  return { tenant, traces };
}

async function post(tenant: TestTenant, trace: object): Promise<void> {
  const answer = await send({
    host: tenant.host,
    path: '/api/v1/traces',
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.firstKey.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(trace),
  });
  expect(answer.status, answer.text).toBe(201);
}

for (const [group, texts] of [payloads.slice(0, 4), payloads.slice(4, 8), payloads.slice(8)].entries()) {
  test(`what looks like markup is text on every page, part ${group + 1}`, async ({ page }) => {
    test.setTimeout(300_000); // dozens of pages
    const { tenant, traces } = await makePoisoned(texts);
    const { dialogs } = await enter(page, tenant.admin);
    const some = discoverPages().filter(
      ({ surface }) => surface === 'tenant' || (surface === 'cloud' && group === 0),
    );
    for (const { name, surface, path } of some) {
      if (path.includes('[')) continue; // its objects have their turn below
      await page.goto(url(surface === 'cloud' ? 'cloud' : tenant.slug, path), { waitUntil: 'load' });
      await nothingRuns(page, name, dialogs);
    }
    for (const [text, id] of traces) {
      await page.goto(url(tenant.slug, `/traces/${encodeURIComponent(id)}`));
      await nothingRuns(page, `the trace of ${text}`, dialogs);
      for (const shown of [page.getByRole('heading', { level: 1 }), page.locator('main')])
        await expect(shown).toContainText(text);
    }
  });
}

test('what spans carry is text on their trace’s page and in their panel', async ({ page }) => {
  const tenant = await makeTenant();
  const root = makeSpan({ name: payloads[0], status: 'error', statusMessage: payloads[2] });
  const carried = Object.fromEntries(
    payloads.map((text, i) => [`${text} ${i}`, i % 2 ? text : { [text]: [text] }]),
  );
  await ingestSpans(tenant.firstKey.ctx, [
    {
      ...root,
      attributes: {
        ...carried,
        'openinference.span.kind': 'CHAIN',
        'input.value': payloads[1] ?? '',
        'output.value': payloads[3] ?? '',
        'tag.tags': payloads,
        metadata: JSON.stringify(carried),
      },
      events: [{ name: payloads[4] ?? '', timeNs: '0', attributes: carried }],
      resource: { ...carried, 'service.name': payloads[5] ?? '' },
      scope: { name: payloads[6] ?? '', version: payloads[7] ?? '' },
    },
  ]);
  const { dialogs } = await enter(page, tenant.admin);
  await page.goto(url(tenant.slug, `/traces/${root.traceId}`));
  await expect(page.getByRole('heading', { level: 1 })).toContainText(payloads[1] ?? '');
  await nothingRuns(page, 'the trace of spans', dialogs);
  await page.getByRole('treeitem').first().click();
  await expect(page.getByRole('dialog').getByRole('heading', { name: 'Events' })).toBeVisible();
  await nothingRuns(page, 'the panel of a span', dialogs);
});

test('a workspace’s name is text to those who are not in it, and so is an address that leads nowhere', async ({
  page,
}) => {
  const text = payloads[2] ?? '';
  const { tenant } = await makePoisoned([text]);
  const stranger = await makePerson(await makeTenant(), 'admin');
  const { dialogs } = await enter(page, stranger);
  await page.goto(url(tenant.slug, '/traces'));
  await expect(page.getByText('You are not a member')).toBeVisible();
  await nothingRuns(page, 'the page of a stranger', dialogs);
  await page.context().clearCookies();
  for (const path of [
    `/login?next=${encodeURIComponent(`javascript:${RUN}`)}`,
    `/login?callbackUrl=${encodeURIComponent(text)}&error=${encodeURIComponent(text)}`,
    `/${encodeURIComponent(text)}`,
    `/traces/${encodeURIComponent(text)}`,
  ]) {
    await page.goto(url(tenant.slug, path));
    await nothingRuns(page, path, dialogs);
  }
});

test('the API answers as data that no browser runs', async ({ page }) => {
  const { tenant, traces } = await makePoisoned([payloads[1] ?? '']);
  const [traceId = ''] = traces.values();
  const { dialogs } = await enter(page, tenant.admin);
  for (const path of [
    `/api/v1/traces/${encodeURIComponent(traceId)}`,
    '/api/v1/traces',
    `/api/v1/${encodeURIComponent(RUN)}`,
  ]) {
    const answer = await page.goto(url(tenant.slug, path));
    const headers = answer?.headers() ?? {};
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(await page.evaluate(() => (window as unknown as Watched).__xss)).toBeUndefined();
  }
  expect(dialogs).toEqual([]);
});
