import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Store } from '@/lib/billing/sandbox/store';
import { clientFor, startTestSandbox, until } from '../stripe/target';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file handle, for what all of them have. */
async function anyHandle(): Promise<object> {
  const handle = await openFile(path.join(folder, 'any'), 'w');
  await handle.close();
  return handle;
}

describe('the state of the sandbox', () => {
  test('outlives its process, with ids, events and idempotency keys', async () => {
    const statePath = path.join(folder, 'restart.jsonl');
    const first = await startTestSandbox({ statePath });
    const made = await clientFor(first).customers.create({ name: 'Ada' }, { idempotencyKey: 'once' });
    await clientFor(first).customers.update(made.id, { metadata: { a: 'b' } });
    await first.close();
    const second = await startTestSandbox({ statePath });
    const stripe = clientFor(second);
    expect(await stripe.customers.retrieve(made.id)).toMatchObject({ name: 'Ada', metadata: { a: 'b' } });
    expect((await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'once' })).id).toBe(made.id);
    expect((await stripe.events.list()).data.map(({ type }) => type)).toEqual([
      'customer.updated',
      'customer.created',
    ]);
    await second.close();
  });

  test('leads to its pages wherever it is now', async () => {
    const statePath = path.join(folder, 'moved.jsonl');
    const first = await startTestSandbox({ statePath });
    const { id } = await clientFor(first).customers.create();
    const invoice = await clientFor(first).invoices.create({ customer: id });
    await clientFor(first).invoices.finalizeInvoice(invoice.id);
    await first.close();
    const second = await startTestSandbox({ statePath, publicOrigin: 'http://localhost:1234' });
    const moved = await clientFor(second).invoices.retrieve(invoice.id);
    expect(moved.hosted_invoice_url).toMatch(/^http:\/\/localhost:1234\/i\/in_/);
    const page = await fetch(`${second.url}${new URL(moved.hosted_invoice_url ?? '').pathname}`);
    expect(page.status).toBe(200);
    await second.close();
  });

  test('promises nothing any more once its file cannot be written', async () => {
    const errors: unknown[] = [];
    const statePath = path.join(folder, 'full.jsonl');
    const sandbox = await startTestSandbox({ statePath, onError: (error) => errors.push(error) });
    const stripe = clientFor(sandbox);
    await stripe.customers.create();
    const append = vi
      .spyOn(Object.getPrototypeOf(await anyHandle()), 'appendFile')
      .mockRejectedValue(new Error('ENOSPC'));
    await expect(stripe.customers.create()).rejects.toMatchObject({ statusCode: 500 });
    append.mockRestore();
    await expect(stripe.customers.create()).rejects.toMatchObject({ statusCode: 500 });
    expect(errors.length).toBeGreaterThan(0);
    await expect(sandbox.close()).rejects.toThrow('cannot write its file');
  });

  test('leaves out what a crash has cut off', async () => {
    const statePath = path.join(folder, 'cut.jsonl');
    const first = await startTestSandbox({ statePath });
    const made = await clientFor(first).customers.create({ name: 'Ada' });
    await first.close();
    appendFileSync(statePath, '[{"t":"customers","id":"cus_half","v":{"id":"cus');
    const second = await startTestSandbox({ statePath });
    expect((await clientFor(second).customers.list()).data.map(({ id }) => id)).toEqual([made.id]);
    await clientFor(second).customers.create({ name: 'Bob' });
    await second.close();
    const third = await startTestSandbox({ statePath });
    expect((await clientFor(third).customers.list()).data.map(({ name }) => name)).toEqual(['Bob', 'Ada']);
    await third.close();
  });

  test('is written anew when its file has grown, and says the same', async () => {
    const file = path.join(folder, 'grown.jsonl');
    const store = await Store.open(file);
    const big = 'x'.repeat(10_000);
    for (let i = 0; i < 600; i++) {
      store.transaction(() => {
        store.put('marks', { id: `mark-${i % 7}`, at: i, big } as never);
        if (i === 300) store.remove('marks', 'mark-3');
      });
      await store.flushed();
    }
    const before = store.all('marks').map(({ id, at }) => [id, at]);
    await store.close();
    expect(readFileSync(file).length).toBeLessThan(4_100_000);
    const again = await Store.open(file);
    expect(again.all('marks').map(({ id, at }) => [id, at])).toEqual(before);
    await again.close();
  });

  test('is as it was after a transaction that fails', async () => {
    const store = await Store.open(undefined);
    store.transaction(() => store.put('marks', { id: 'a', at: 1 }));
    expect(() =>
      store.transaction(() => {
        store.put('marks', { id: 'a', at: 2 });
        store.put('marks', { id: 'b', at: 2 });
        store.remove('marks', 'a');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.all('marks')).toEqual([{ id: 'a', at: 1 }]);
    expect(() => store.put('marks', { id: 'c', at: 1 })).toThrow('outside of a transaction');
  });
});

describe('a sandbox that is killed', () => {
  const script = path.join(folder, 'run.mjs');
  beforeAll(async () => {
    await build({
      stdin: {
        contents: `import { startSandbox } from './lib/billing/sandbox/server';
const sandbox = await startSandbox({ port: 0, statePath: process.argv[2], webhookSecret: 's', webhookUrl: () => null, stripeSecretKey: undefined });
console.log(sandbox.port);`,
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  });

  async function run(statePath: string): Promise<{ process: ChildProcess; port: number }> {
    const child = spawn(process.execPath, [script, statePath], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    return { process: child, port: Number(line.toString()) };
  }

  test('knows everything that it has answered', async () => {
    const statePath = path.join(folder, 'killed.jsonl');
    const first = await run(statePath);
    const stripe = clientFor(first);
    const answered: string[] = [];
    const requests = Array.from({ length: 200 }, async (_, index) => {
      const made = await stripe.customers.create(
        { name: `Customer ${index}` },
        { idempotencyKey: `key-${index}` },
      );
      answered.push(made.id);
      if (answered.length === 60) first.process.kill('SIGKILL');
    });
    await Promise.allSettled(requests);
    expect(answered.length).toBeGreaterThanOrEqual(60);
    const second = await run(statePath);
    const again = clientFor(second);
    const found = await again.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(answered));
    // Whatever was done and not answered is found by its key, and made no second time.
    for (let index = 0; index < 200; index++)
      await again.customers.create({ name: `Customer ${index}` }, { idempotencyKey: `key-${index}` });
    const all = await again.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    expect(all).toHaveLength(200);
    second.process.kill('SIGKILL');
    await once(second.process, 'exit');
  });

  test('goes on with a test clock that was advancing', async () => {
    const statePath = path.join(folder, 'clock.jsonl');
    const first = await run(statePath);
    const stripe = clientFor(first);
    const start = Date.UTC(2030, 0, 1) / 1_000;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
    const product = await stripe.products.create({ name: 'Daily' });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    const customers: string[] = [];
    for (let i = 0; i < 20; i++) {
      const { id } = await stripe.customers.create({
        test_clock: clock.id,
        payment_method: 'pm_card_visa',
        invoice_settings: { default_payment_method: 'pm_card_visa' },
      });
      await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
      customers.push(id);
    }
    const target = Date.UTC(2030, 1, 15) / 1_000;
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: target });
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    const second = await run(statePath);
    const again = clientFor(second);
    await until(
      () => again.testHelpers.testClocks.retrieve(clock.id),
      ({ status }) => status === 'ready',
    );
    for (const customer of customers) {
      const { data } = await again.invoices.list({ customer });
      expect(data.map(({ status, total }) => [status, total])).toEqual([
        ['paid', 100],
        ['paid', 100],
      ]);
    }
    second.process.kill('SIGKILL');
    await once(second.process, 'exit');
  });
});
