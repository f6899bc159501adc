import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '@/lib/sdk/client';
import type { ClientOptions, Drop, TraceInput, Trouble } from '@/lib/sdk/types';
import { poll } from '@/tests/support/poll';
import { answer, type Script, serve, storeAll } from './server';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function start(script: Script | undefined, options: Partial<ClientOptions> = {}) {
  const server = await serve(script);
  closers.push(server.close);
  const drops: Drop[] = [];
  const troubles: Trouble[] = [];
  const client = createClient({
    ...{ baseUrl: server.url, apiKey: 'rtk_test', firstPauseMs: 1, longestPauseMs: 2 },
    onDrop: (drop) => drops.push(drop),
    onError: (trouble) => troubles.push(trouble),
    ...options,
  });
  closers.push(() => void client.shutdown({ timeoutMs: 0 }));
  const sent = () => server.received.flatMap(({ body }) => body.traces ?? []);
  return { client, server, drops, troubles, sent };
}

describe('what is sent', () => {
  test('is one batch of what came within the interval, with key, project, id and time', async () => {
    const { client, server, sent } = await start(undefined, { project: 'help', flushIntervalMs: 20 });
    const made = client.trace({ user_input: 'a' });
    expect(client.trace({ trace_id: 'mine', project: 'own', user_input: null })).toBe('mine');
    await poll(() => client.stats().stored === 2);
    expect(server.received).toMatchObject([
      { path: '/api/v1/traces/batch', headers: { authorization: 'Bearer rtk_test' } },
    ]);
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent()).toEqual([
      { trace_id: made, user_input: 'a', project: 'help', timestamp: expect.closeTo(Date.now() / 1000, -1) },
      { trace_id: 'mine', project: 'own' },
    ]);
  });

  test('does not wait for the interval when a batch is full, in number or in bytes', async () => {
    const { client, server } = await start(undefined, { flushIntervalMs: 60_000, batchSize: 3 });
    for (let i = 0; i < 3; i += 1) client.trace({ user_input: String(i) });
    await poll(() => client.stats().stored === 3);
    expect(server.received).toHaveLength(1);

    const large = await start(undefined, { flushIntervalMs: 60_000, batchBytes: 1_000 });
    for (let i = 0; i < 3; i += 1) large.client.trace({ user_input: 'x'.repeat(600) });
    await poll(() => large.client.stats().stored >= 2);
    expect(large.server.received.every(({ body }) => body.traces.length === 1)).toBe(true);
  });

  test('is what the trace was when it was given', async () => {
    const { client, sent } = await start(undefined);
    const trace: TraceInput = { trace_id: 'a', metadata: { step: 1 } };
    client.trace(trace);
    trace.metadata = { step: 2 };
    await client.flush();
    expect(sent()).toMatchObject([{ metadata: { step: 1 } }]);
  });

  test('is gzip from a size on', async () => {
    const { client, server, sent } = await start(undefined, { gzipFrom: 500 });
    client.trace({ trace_id: 'small' });
    await client.flush();
    client.trace({ trace_id: 'large', user_input: 'ä€😀'.repeat(200) });
    await client.flush();
    expect(server.received.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip']);
    expect(sent()[1]?.user_input).toBe('ä€😀'.repeat(200));
  });

  test('is feedback too, under the trace and with an id of its own', async () => {
    const { client, server } = await start(undefined);
    const id = client.feedback('a/b', { thumbs: 'down', comment: 'No.' });
    client.trace({ trace_id: 'a/b' });
    expect(await client.flush()).toBe(true);
    const given = server.received.find(({ path }) => path.includes('feedback'));
    expect(given).toMatchObject({
      path: '/api/v1/traces/a%2Fb/feedback',
      body: { id, thumbs: 'down', comment: 'No.' },
    });
    expect(client.stats()).toEqual({ waiting: 0, stored: 2, dropped: 0 });
  });

  test('arrives in its order, however long a request takes', async () => {
    const { client, sent } = await start(
      (received, response, count) => {
        if (count === 1) setTimeout(() => answer(response, 503, {}), 30);
        else storeAll(received, response);
      },
      { batchSize: 1 },
    );
    client.trace({ trace_id: 'a', model_output: 'draft' });
    client.trace({ trace_id: 'a', model_output: 'final' });
    await client.flush();
    expect(sent().map(({ model_output }) => model_output)).toEqual(['draft', 'draft', 'final']);
  });
});

describe('what fails', () => {
  test('is tried again at 429, 502, 503, 504, a reset and a hang, until it is stored once', async () => {
    const { client, troubles, server, drops } = await start(
      (received, response, count) => {
        const status = [0, 429, 502, 503, 504][count];
        if (status) answer(response, status, {}, count === 1 ? { 'retry-after': '0' } : {});
        else if (count === 5) response.destroy();
        else if (count === 6)
          return; // never answers
        else storeAll(received, response);
      },
      { requestTimeoutMs: 1_500 },
    );
    client.trace({ trace_id: 'a' });
    expect(await client.flush()).toBe(true);
    expect(client.stats()).toEqual({ waiting: 0, stored: 1, dropped: 0 });
    expect(server.received.map(({ body }) => body.traces.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(troubles.map(({ status, attempt }) => [attempt, status])).toEqual([
      [1, 429],
      [2, 502],
      [3, 503],
      [4, 504],
      [5, undefined],
      [6, undefined],
    ]);
    expect(troubles[5]?.message).toBe('no answer within 1500 ms');
    expect(drops).toEqual([]);
  });

  test.each([
    ['seconds', () => '1'],
    // A date has whole seconds: the next but one is between one and two away.
    ['a date', () => new Date(Date.now() + 2_000).toUTCString()],
  ])('waits as long as Retry-After says in %s', async (_name, retryAfter) => {
    const times: number[] = [];
    const { client } = await start((received, response, count) => {
      times.push(performance.now());
      if (count === 1) answer(response, 503, {}, { 'retry-after': retryAfter() });
      else storeAll(received, response);
    });
    client.trace({});
    await client.flush();
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(950);
  });

  test.each([301, 400, 401, 403, 404, 409, 413, 500, 501])(
    'is not tried again at %i, but told',
    async (status) => {
      const { client, server, drops, troubles } = await start((_received, response) =>
        answer(response, status, { error: { message: 'No.', issues: [{ path: 'x', message: 'why' }] } }),
      );
      client.trace({ trace_id: 'a' });
      await client.flush();
      expect(server.received).toHaveLength(1);
      expect(troubles).toEqual([]);
      expect(drops).toEqual([
        {
          ...{ reason: 'refused', status, message: `${status} No. x: why` },
          items: [{ kind: 'trace', traceId: 'a', issues: [] }],
        },
      ]);
    },
  );

  test('is told per trace where the server refuses some of a batch', async () => {
    const issues = [{ path: 'tokens_in', message: 'expected 0 or more' }];
    const { client, drops } = await start((_received, response) =>
      answer(response, 207, { accepted: ['a', 'c'], rejected: [{ index: 1, trace_id: 'b', issues }] }),
    );
    for (const trace_id of ['a', 'b', 'c']) client.trace({ trace_id });
    await client.flush();
    expect(drops).toMatchObject([
      { reason: 'rejected', status: 207, items: [{ kind: 'trace', traceId: 'b', issues }] },
    ]);
    expect(client.stats()).toEqual({ waiting: 0, stored: 2, dropped: 1 });
  });

  test('is given up after the last attempt, and the next is sent all the same', async () => {
    const { client, drops, server } = await start(
      (received, response, count) => (count <= 3 ? answer(response, 503, {}) : storeAll(received, response)),
      { maxAttempts: 3, batchSize: 1 },
    );
    client.trace({ trace_id: 'a' });
    client.trace({ trace_id: 'b' });
    await client.flush();
    expect(drops).toMatchObject([{ reason: 'undelivered', status: 503, items: [{ traceId: 'a' }] }]);
    expect(server.received).toHaveLength(4);
    expect(client.stats()).toEqual({ waiting: 0, stored: 1, dropped: 1 });
  });

  test('is kept for as long as the server asks to wait', async () => {
    const { client, drops, server } = await start(
      (received, response, count) => (count <= 6 ? answer(response, 429, {}) : storeAll(received, response)),
      { maxAttempts: 2 },
    );
    client.trace({ trace_id: 'a' });
    await client.flush();
    expect(drops).toEqual([]);
    expect(server.received).toHaveLength(7);
    expect(client.stats()).toEqual({ waiting: 0, stored: 1, dropped: 0 });
  });

  test.each([
    ['<h1>Hello</h1>', 200],
    ['null', 201],
    ['{"accepted":[],"rejected":[null,7]}', 201],
  ])('is whatever does not confirm it: %s', async (text, status) => {
    const { client, drops } = await start((_received, response) => {
      response.writeHead(status);
      response.end(text);
    });
    client.trace({});
    await client.flush();
    const confirms = text.includes('accepted');
    expect(drops.map(({ reason }) => reason)).toEqual(confirms ? [] : ['refused']);
  });
});

describe('memory', () => {
  const never: Script = () => {};

  test.each([
    ['drop-oldest', ['1', '2'], 4],
    ['drop-newest', ['3', '4'], 4],
  ] as const)('is bounded in number: %s', async (whenFull, lost, kept) => {
    const { client, drops } = await start(never, { queueSize: 3, whenFull, batchSize: 1 });
    client.trace({ trace_id: '0' }); // on its way: neither old nor new
    for (const trace_id of ['1', '2', '3', '4']) client.trace({ trace_id });
    expect(drops.map(({ reason, items }) => [reason, items[0]?.traceId])).toEqual(
      lost.map((id) => ['full', id]),
    );
    expect(client.stats()).toEqual({ waiting: kept - 1, stored: 0, dropped: 2 });
  });

  test('is bounded in bytes, and what is too large alone drops nothing else', async () => {
    const { client, drops } = await start(never, { queueBytes: 2_500, flushIntervalMs: 60_000 });
    const user_input = 'x'.repeat(900);
    for (const trace_id of ['1', '2', '3']) client.trace({ trace_id, user_input });
    client.trace({ trace_id: 'huge', user_input: 'x'.repeat(3_000) });
    expect(drops.map(({ items }) => items[0]?.traceId)).toEqual(['1', 'huge']);
    expect(client.stats().waiting).toBe(2);
  });

  test('is free again after a flood', async () => {
    const { client, drops } = await start(undefined, { queueSize: 500 });
    for (let i = 0; i < 5_000; i += 1) client.trace({});
    expect(await client.flush()).toBe(true);
    const lost = drops.flatMap(({ items }) => items).length;
    expect(client.stats()).toEqual({ waiting: 0, stored: 5_000 - lost, dropped: lost });
    expect(lost).toBeGreaterThan(4_000);
    client.trace({});
    expect(await client.flush()).toBe(true);
    expect(client.stats().stored).toBe(5_001 - lost);
  });
});

describe('the host program', () => {
  test.each([
    [
      'a cycle',
      () => {
        const metadata: Record<string, unknown> = {};
        metadata.self = metadata;
        return { metadata };
      },
    ],
    ['nothing', () => undefined],
    ['a text', () => 'trace'],
    ['a BigInt', () => ({ tokens_in: 12n })],
    [
      'getters that throw',
      () => ({
        get trace_id() {
          throw new Error('no');
        },
        get user_input() {
          throw new Error('no');
        },
      }),
    ],
    [
      'a proxy',
      () =>
        new Proxy(
          {},
          {
            get() {
              throw new Error('no');
            },
          },
        ),
    ],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
  ])('hears nothing thrown at %s', async (_name, make) => {
    const { client } = await start(undefined);
    expect(client.trace(make() as TraceInput)).toBeTypeOf('string');
    expect(client.feedback(make() as never, make() as never)).toBeTypeOf('string');
    expect(await client.flush()).toBe(true);
    expect(client.stats().stored + client.stats().dropped).toBe(2);
  });

  test('loses a field that cannot be read, and no other', async () => {
    const { client, sent } = await start(undefined);
    client.trace({
      trace_id: 'a',
      get tokens_in(): number {
        throw new Error('no');
      },
      tokens_out: 2,
      metadata: { at: 3n as unknown as number },
    });
    await client.flush();
    expect(sent()).toEqual([{ trace_id: 'a', tokens_out: 2, metadata: { at: 3 } }]);
  });

  test('hears nothing of callbacks that throw or reject', async () => {
    const client = createClient({
      ...{ baseUrl: 'http://127.0.0.1:9', apiKey: 'k', maxAttempts: 2, firstPauseMs: 0 },
      onDrop: async () => {
        throw new Error('no');
      },
      onError: () => {
        throw new Error('no');
      },
    });
    client.trace({});
    expect(await client.flush()).toBe(true);
    expect(client.stats().dropped).toBe(1);
    await client.shutdown();
  });

  test.each([
    [undefined, 'baseUrl'],
    [{ baseUrl: 'acme', apiKey: 'k' }, 'baseUrl'],
    [{ baseUrl: 'https://a.example', apiKey: '' }, 'apiKey'],
    [{ baseUrl: 'https://a.example', apiKey: 'k\nx' }, 'apiKey'],
  ])('hears of a wrong address or key by its callbacks: %j', async (wrong, name) => {
    const told: string[] = [];
    const options = wrong && { ...wrong, onDrop: ({ reason, message }: Drop) => told.push(reason, message) };
    const client = createClient(options as ClientOptions);
    client.trace({});
    expect(await client.flush()).toBe(true);
    if (wrong) expect(told).toEqual(['misconfigured', expect.stringContaining(name)]);
    expect(client.stats().dropped).toBe(1);
  });

  test('ends what hangs by shutdown, drops what is left, and takes nothing more', async () => {
    const { client, drops } = await start(() => {}, { batchSize: 1 });
    client.trace({ trace_id: 'a' });
    client.trace({ trace_id: 'b' });
    expect(await client.shutdown({ timeoutMs: 20 })).toBe(false);
    client.trace({ trace_id: 'c' });
    expect(drops.flatMap(({ reason, items }) => items.map(({ traceId }) => `${reason} ${traceId}`))).toEqual([
      'closed a',
      'closed b',
      'closed c',
    ]);
    expect(process.listeners('beforeExit').length).toBeLessThan(10);
  });
});

describe('a process', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sdk-'));
  const bundle = path.join(folder, 'client.mjs');
  beforeAll(() =>
    build({
      ...{ entryPoints: ['lib/sdk/client.ts'], outfile: bundle, bundle: true },
      ...{ platform: 'node', format: 'esm', target: 'node18' },
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs a program with a client; answers how it ended and after how long. */
  async function run(options: string, program: string, onStarted?: (kill: () => void) => void) {
    const file = path.join(folder, `${Math.random()}.mjs`);
    writeFileSync(
      file,
      `import { createClient } from ${JSON.stringify(bundle)};
       const client = createClient({ apiKey: 'k', ${options} });
       ${program}`,
    );
    const start = performance.now();
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => onStarted?.(() => child.kill('SIGTERM')));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once('close', (...ended) => resolve(ended)),
    );
    return { code, signal, ms: performance.now() - start };
  }

  test('that ends by itself has sent what it had, through failures too', async () => {
    const server = await serve((received, response, count) =>
      count <= 2 ? answer(response, 503, {}) : storeAll(received, response),
    );
    closers.push(server.close);
    const options = `baseUrl: '${server.url}', flushIntervalMs: 60_000`;
    const ended = await run(options, `client.trace({ trace_id: 'a' }); client.feedback('a', { score: 1 });`);
    expect(ended.code).toBe(0);
    expect(server.received.map(({ path }) => path.split('/').at(-1))).toEqual([
      'batch',
      'batch',
      'batch',
      'feedback',
    ]);
  });

  test('is not kept alive by timers, nor by a server that is down', async () => {
    const idle = await run(`baseUrl: 'http://127.0.0.1:9'`, '');
    expect(idle.code).toBe(0);
    const options = `baseUrl: 'http://127.0.0.1:9', shutdownTimeoutMs: 200, firstPauseMs: 60_000, longestPauseMs: 60_000`;
    const down = await run(options, `client.trace({});`);
    expect(down.code).toBe(0);
    expect(down.ms).toBeLessThan(15_000);
  });

  test.each([
    ['flushOnSigterm: true,', 1],
    ['', 0],
  ])('that is told to end with SIGTERM and { %s } has sent %i, and ends by it', async (option, batches) => {
    const server = await serve();
    closers.push(server.close);
    const options = `${option} baseUrl: '${server.url}', flushIntervalMs: 60_000`;
    const program = `client.trace({}); setInterval(() => {}, 1000); console.log('started');`;
    const ended = await run(options, program, (kill) => kill());
    expect(ended.signal).toBe('SIGTERM');
    expect(server.received).toHaveLength(batches);
  });
});
