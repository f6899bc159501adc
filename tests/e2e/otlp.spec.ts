import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { startFakeModel } from '../fixtures/otlp/fake-model.mjs';
import * as rag from '../fixtures/otlp/rag.mjs';
import { makeTenant, type TestTenant } from '../support/factories';
import { enterAs, expect, rootDomain, send, test, url } from './support';
import { closeWorlds } from './worlds';

/**
 * Programs of the field, with their real SDKs and exporters, against the running server: each answers one question by a fake
 * model, and the console and the API tell what it did.
 */
const apps = path.resolve(import.meta.dirname, '../fixtures/otlp/apps');
const port = rootDomain.split(':')[1];

let tenant: TestTenant;
let model: { url: string; close: () => Promise<unknown> };

test.beforeAll(async () => {
  tenant = await makeTenant();
  model = await startFakeModel();
});
test.afterAll(async () => {
  await model.close();
  await closeWorlds();
});

/** Runs a program as its user would, and answers the id of the trace it sent. */
async function run(app: string, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [path.join(apps, `${app}.mjs`)], {
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      OTLP_URL: `http://127.0.0.1:${port}${env.OTLP_PATH ?? '/api/otel/v1/traces'}`,
      OTLP_HEADERS: JSON.stringify({ authorization: `Bearer ${tenant.firstKey.key}` }),
      MODEL_URL: model.url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [told, failed] = ['', ''];
  child.stdout.on('data', (part) => {
    told += part;
  });
  child.stderr.on('data', (part) => {
    failed += part;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, failed }).toEqual({ code: 0, failed: '' });
  return told.trim().split('\n').at(-1) ?? '';
}

async function readTrace(traceId: string) {
  const answer = await send({
    host: tenant.host,
    path: `/api/v1/traces/${traceId}`,
    headers: { authorization: `Bearer ${tenant.firstKey.key}` },
  });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}

async function openTrace(page: Page, traceId: string): Promise<void> {
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, `/traces/${traceId}`));
}

type Program = { name: string; app: string; env: Record<string, string>; reranked: boolean };
const programs: Program[] = [
  { name: 'OpenTelemetry JS in protobuf, with OpenInference', app: 'openinference', env: {}, reranked: true },
  {
    name: 'OpenTelemetry JS in JSON and gzip, with OpenInference',
    app: 'openinference',
    env: { OTLP_ENCODING: 'json', OTLP_COMPRESSION: 'gzip', OTLP_PATH: '/v1/traces' },
    reranked: true,
  },
  { name: 'the Vercel AI SDK', app: 'vercel-ai', env: {}, reranked: true },
  { name: 'LangChain.js through OpenInference', app: 'langchain', env: {}, reranked: false },
  { name: 'Langfuse’s SDK', app: 'langfuse', env: {}, reranked: false },
];

for (const { name, app, env, reranked } of programs) {
  test(`${name} ends in the right trace`, async ({ page }) => {
    const traceId = await run(app, env);
    const shown = reranked ? rag.reranked : rag.documents;
    const trace = await readTrace(traceId);
    expect(trace).toMatchObject({
      user_input: rag.question,
      model_output: rag.answer,
      model_name: rag.model,
      tokens_in: rag.tokens.input,
      tokens_out: rag.tokens.output,
      error: null,
      metadata: expect.any(Object),
    });
    expect(
      trace.retrieved_chunks.map((chunk: { text: string; score: number; score_kind: string }) => [
        chunk.text,
        chunk.score,
        chunk.score_kind,
      ]),
    ).toEqual(shown.map(({ text, score }) => [text, score, reranked ? 'relevance' : 'similarity']));

    await openTrace(page, traceId);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(rag.question);
    await expect(page.getByRole('region', { name: 'Answer' })).toContainText(rag.answer);
    const chunks = page.getByRole('region', { name: 'Retrieved chunks' }).getByRole('listitem');
    await expect(chunks).toHaveCount(shown.length);
    await expect(chunks.first()).toContainText(shown[0]?.text ?? '');
    await expect(chunks.first()).toContainText(shown[0]?.score.toFixed(3) ?? '');
    if (reranked) await expect(chunks.first()).toContainText('Retrieved at rank 2');
    const generation = page.getByRole('region', { name: 'Generation' });
    await expect(generation).toContainText(rag.model);
    await expect(generation).toContainText(String(rag.tokens.input));
    await expect(generation).toContainText(String(rag.tokens.output));
  });
}

test('the spans of a trace fold, move and open by keyboard', async ({ page }) => {
  const traceId = await run('openinference', {});
  await openTrace(page, traceId);
  const tree = page.getByRole('tree', { name: 'Spans' });
  await expect(tree.getByRole('treeitem')).toHaveCount(5);
  await tree.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(tree.getByRole('treeitem')).toHaveCount(1);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  const last = await tree.getByRole('treeitem').last().getAttribute('aria-label');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('dialog');
  const [, name = 'none'] = /^\w+ (.+), [\d.]+ m?s$/.exec(last ?? '') ?? [];
  await expect(panel.getByRole('heading', { name })).toBeVisible();
  await expect(panel.getByText('openinference.span.kind')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(tree).toBeFocused();
});

test('a trace of 3,000 spans is quick to open and to scroll', async ({ page }) => {
  const traceId = 'f'.repeat(32);
  const id = (i: number) => (i + 1).toString(16).padStart(16, '0');
  const start = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: 3_000 }, (_, i) => ({
    traceId,
    spanId: id(i),
    ...(i === 0 ? {} : { parentSpanId: id(Math.floor((i - 1) / 4)) }),
    name: `step ${i}`,
    startTimeUnixNano: String(start + BigInt(i) * 1_000_000n),
    endTimeUnixNano: String(start + BigInt(i + 5) * 1_000_000n),
  }));
  const answer = await send({
    host: tenant.host,
    path: '/v1/traces',
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.firstKey.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  expect(answer).toMatchObject({ status: 200, text: '{}' });
  await openTrace(page, traceId);
  const tree = page.getByRole('tree', { name: 'Spans' });
  await expect(page.getByText('3,000 spans')).toBeVisible();
  await tree.focus();
  await page.keyboard.press('End');
  // The last in depth-first order: the last child of the last child.
  await expect(tree.getByRole('treeitem').last()).toBeVisible();
  expect(await tree.getByRole('treeitem').count()).toBeLessThan(60); // only what is in sight is drawn
});
