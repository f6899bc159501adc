import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { languages } from '@/components/setup/snippets';
import { createClient } from '@/lib/sdk/client';
import type { Drop } from '@/lib/sdk/types';
import { startFakeModel } from '../fixtures/otlp/fake-model.mjs';
import * as rag from '../fixtures/otlp/rag.mjs';
import { makeTenant, type TestTenant } from '../support/factories';
import { poll } from '../support/poll';
import { expect, rootDomain, send, requestTest as test } from './support';
import { closeWorlds } from './worlds';

const port = Number(rootDomain.split(':')[1]);
test.afterAll(() => closeWorlds());

/** A server in between, of whose answers every other is 503: before the request has gone on, or after. */
async function startTroubledProxy(host: string) {
  let count = 0;
  const proxy = http.createServer((request, response) => {
    count += 1;
    const fate = (['pass', 'lose', 'pass', 'hide'] as const)[count % 4];
    if (fate === 'lose') {
      request.resume().once('end', () => response.writeHead(503).end());
      return;
    }
    const onward = http.request(
      {
        host: '127.0.0.1',
        port,
        path: request.url,
        method: request.method,
        headers: { ...request.headers, host },
      },
      (answer) => {
        if (fate === 'hide') answer.resume().once('end', () => response.writeHead(503).end());
        else {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        }
      },
    );
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    requests: () => count,
    close() {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

async function read(tenant: TestTenant, at: string) {
  const headers = { authorization: `Bearer ${tenant.firstKey.key}` };
  const answer = await send({ host: tenant.host, path: at, headers });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}

test('the client loses nothing and stores nothing twice while half of the answers are 503', async () => {
  const tenant = await makeTenant();
  const proxy = await startTroubledProxy(tenant.host);
  const drops: Drop[] = [];
  const client = createClient({
    ...{ baseUrl: proxy.url, apiKey: tenant.firstKey.key, project: 'shop' },
    ...{ batchSize: 25, firstPauseMs: 1, longestPauseMs: 5, maxAttempts: 20 },
    onDrop: (drop) => drops.push(drop),
  });
  const ids = Array.from({ length: 300 }, (_, i) =>
    client.trace({ user_input: `Question ${i}`, model_output: 'x'.repeat(i), tokens_in: i }),
  );
  const feedbackId = client.feedback(ids[0] ?? '', { thumbs: 'up' });
  expect(await client.shutdown({ timeoutMs: 60_000 })).toBe(true);
  proxy.close();

  expect(drops).toEqual([]);
  expect(client.stats()).toEqual({ waiting: 0, stored: 301, dropped: 0 });
  expect(proxy.requests()).toBeGreaterThanOrEqual(2 * 13 - 2);
  const pages = await Promise.all(
    [1, 2, 3, 4].map((page) => read(tenant, `/api/v1/traces?size=100&page=${page}`)),
  );
  const stored = pages.flatMap(({ traces }) => traces as { trace_id: string; project: string }[]);
  expect(pages[0].total).toBe(300);
  expect(stored.map(({ trace_id }) => trace_id).sort()).toEqual([...ids].sort());
  expect(new Set(stored.map(({ project }) => project))).toEqual(new Set(['shop']));
  const { feedback } = await read(tenant, `/api/v1/traces/${ids[0]}/feedback`);
  expect(feedback).toMatchObject([{ id: feedbackId, thumbs: 'up' }]);
});

test('the server’s refusals are told per trace', async () => {
  const tenant = await makeTenant();
  const drops: Drop[] = [];
  const client = createClient({
    ...{ baseUrl: `http://127.0.0.1:${port}`, apiKey: tenant.firstKey.key },
    onDrop: (drop) => drops.push(drop),
  });
  client.trace({ trace_id: 'good' });
  client.trace({ trace_id: 'bad', tokens_in: -1 });
  await client.shutdown();
  expect(drops).toMatchObject([
    { reason: 'rejected', status: 207, items: [{ traceId: 'bad', issues: [{ path: 'tokens_in' }] }] },
  ]);
  expect((await read(tenant, '/api/v1/traces')).total).toBe(1);
});

test.describe('what is copied from the console runs', () => {
  const target = (tenant: TestTenant) => ({ origin: `http://${tenant.host}`, apiKey: tenant.firstKey.key });
  const snippet = (language: string, framework: string) => {
    const found = languages.find(({ id }) => id === language)?.frameworks.find(({ id }) => id === framework);
    if (!found) throw new Error(`there is no snippet for ${language} ${framework}`);
    return found.write;
  };
  let folder: string;
  test.beforeAll(() => {
    mkdirSync('.build/test', { recursive: true });
    folder = mkdtempSync(path.resolve('.build/test/snippets-')); // below the repository, whose packages it imports
  });
  test.afterAll(() => rmSync(folder, { recursive: true }));

  async function theTrace(tenant: TestTenant) {
    const { traces } = await poll(async () => {
      const page = await read(tenant, '/api/v1/traces');
      return page.total > 0 && page;
    });
    return traces[0];
  }

  test('curl', async () => {
    const tenant = await makeTenant();
    const [command] = snippet('curl', 'http')(target(tenant));
    execFileSync('sh', ['-eu', '-c', command?.code ?? ''], { stdio: ['ignore', 'pipe', 'ignore'] });
    expect(await theTrace(tenant)).toMatchObject({ trace_id: 'first-trace', model_name: 'gpt-4o-mini' });
  });

  test('the TypeScript client, as the server hands it out', async () => {
    const tenant = await makeTenant();
    const [download, program] = snippet('typescript', 'client')(target(tenant));
    execFileSync('sh', ['-eu', '-c', download?.code ?? ''], { cwd: folder, stdio: 'ignore' });
    writeFileSync(path.join(folder, 'main.ts'), program?.code ?? '');
    const outfile = path.join(folder, 'main.mjs');
    const entryPoints = [path.join(folder, 'main.ts')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node18' });
    const output = execFileSync(process.execPath, [outfile], { encoding: 'utf8' });
    expect(output).toBe('');
    const trace = await theTrace(tenant);
    expect(trace).toMatchObject({ user_input: 'How long do I have to return an item?', tokens_in: 412 });
    const { feedback } = await read(tenant, `/api/v1/traces/${trace.trace_id}/feedback`);
    expect(feedback).toMatchObject([{ thumbs: 'up' }]);
  });

  test('OpenTelemetry JS', async () => {
    const tenant = await makeTenant();
    const [, environment, program] = snippet('typescript', 'opentelemetry')(target(tenant));
    const file = path.join(folder, 'opentelemetry.mjs');
    writeFileSync(file, program?.code ?? '');
    const output = execFileSync(
      'sh',
      ['-eu', '-c', `${environment?.code}\nexec "$0" "$1"`, process.execPath, file],
      {
        encoding: 'utf8',
      },
    );
    expect(output.trim()).toBe('You can return an item within 30 days of delivery.');
    expect(await theTrace(tenant)).toMatchObject({
      user_input: 'How long do I have to return an item?',
      retrieved_chunks: [{ text: 'Returns: within 30 days of delivery.', score: 0.91 }],
      model_output: 'You can return an item within 30 days of delivery.',
      ...{ model_name: 'gpt-4o-mini', tokens_in: 412, tokens_out: 18 },
    });
  });

  test('LangChain.js', async () => {
    const tenant = await makeTenant();
    const model = await startFakeModel();
    const [, environment, program] = snippet('typescript', 'langchain')(target(tenant));
    const file = path.join(folder, 'langchain.mjs');
    writeFileSync(file, program?.code ?? '');
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-eu', '-c', `${environment?.code}\nexec "$0" "$1"`, process.execPath, file],
      { env: { ...process.env, OPENAI_API_KEY: 'none', OPENAI_BASE_URL: model.url } },
    );
    await model.close();
    expect(stdout.trim()).toBe(rag.answer);
    const trace = await theTrace(tenant);
    expect(trace).toMatchObject({ model_output: rag.answer, tokens_out: rag.tokens.output });
    expect(trace.user_input).toContain('How long do I have to return an item?');
  });
});
