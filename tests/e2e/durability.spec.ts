import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { migrate } from '@/db/migrate';
import { mintApiKey } from '@/lib/auth/api-key';
import { createDatabase, type TestDatabase } from '../support/databases';
import { isListening, keptConnection } from './kept-connection';
import { type OwnServer, startOwnServer } from './own-server';
import { expect, requestTest as test } from './support';

/** "Stored" is a promise: it is kept when the process is killed, and when it is asked to stop. On a database of its own. */
const KILLS = 20;
const SENDERS = 8;

let database: TestDatabase;
let sql: postgres.Sql;
let tenant: string;
let key: string;
const running = new Set<OwnServer>();

test.beforeAll(async () => {
  test.setTimeout(60_000);
  database = await createDatabase();
  await migrate({ adminUrl: database.url, folder: path.resolve(import.meta.dirname, '../../db/migrations') });
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  tenant = randomUUID();
  const minted = mintApiKey(tenant);
  ({ key } = minted);
  await sql`insert into tenants (id, slug, name, status) values (${tenant}, 'durable', 'Durable', 'active')`;
  await sql`select all_tenants.provision_tenant(${tenant}::uuid, 'durable')`;
  await sql`insert into api_keys (tenant_id, id, name, secret_hash, scopes, is_service)
    values (${tenant}, ${minted.keyId}, 'Key', ${minted.secretHash}, ${['traces:write', 'traces:read']}, true)`;
});

test.afterEach(async () => {
  await Promise.all([...running].map((server) => server.kill('SIGKILL')));
  running.clear();
});

test.afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

async function start(): Promise<OwnServer> {
  const server = await startOwnServer({ DATABASE_URL: database.url, RAGTOOLKIT_EMBEDDED: '0' });
  running.add(server);
  return server;
}

/** Sends traces of these ids, one alone and several as a batch. Answers the status; throws when the connection breaks. */
async function post(
  { port }: OwnServer,
  ids: string[],
): Promise<{ status: number; retryAfter: string | null }> {
  const traces = ids.map((trace_id) => ({ trace_id, user_input: 'How long is the trial?', tokens_in: 1 }));
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/traces${ids.length > 1 ? '/batch' : ''}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(ids.length > 1 ? { traces } : traces[0]),
  });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

/** What the database says: each trace is one row, and the meter and the ledger know as many as there are. */
async function expectStored(acknowledged: ReadonlySet<string>): Promise<void> {
  const rows = await sql<{ trace_id: string }[]>`
    select trace_id from all_tenants.traces where tenant_id = ${tenant}`;
  const stored = new Set(rows.map((row) => row.trace_id));
  expect(stored.size).toBe(rows.length);
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  const [billed] = await sql`
    select sum(trace_count)::int as traces, sum(tokens_in)::int as tokens from usage_deltas where tenant_id = ${tenant}`;
  expect(billed).toEqual({ traces: stored.size, tokens: stored.size });
  const [ledger] = await sql`
    select sum(stored)::int as stored, bool_and(received = stored + updated + refused) as sound
    from deliveries where tenant_id = ${tenant}`;
  expect(ledger).toEqual({ stored: stored.size, sound: true });
}

test(`what was acknowledged is there once after ${KILLS} kills under load`, async () => {
  test.setTimeout(600_000); // half a minute on a machine that has nothing else to do
  const acknowledged = new Set<string>();
  let unanswered: string[][] = [];
  let broken = 0;
  let next = start();
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await next;
    if (kill + 1 < KILLS) next = start(); // gets ready while this one works
    let isDown = false;
    const lost: string[][] = [];
    const again = unanswered.splice(0); // what got no answer is sent again, as clients do
    const fresh = acknowledged.size;
    const senders = Array.from({ length: SENDERS }, async (_, sender) => {
      while (!isDown) {
        const ids = again.pop() ?? Array.from({ length: sender % 4 === 0 ? 20 : 1 }, () => randomUUID());
        try {
          const { status } = await post(server, ids);
          if (status === 201) for (const id of ids) acknowledged.add(id);
        } catch {
          lost.push(ids);
        }
      }
    });
    await expect
      .poll(() => acknowledged.size - fresh, { intervals: [5], timeout: 60_000 })
      .toBeGreaterThan(40);
    await sleep(Math.random() * 60);
    await server.kill('SIGKILL');
    isDown = true;
    running.delete(server);
    await Promise.all(senders);
    broken += lost.length;
    unanswered = [...lost.slice(0, SENDERS), ...again];
  }
  expect(acknowledged.size).toBeGreaterThan(KILLS * 40);
  expect(broken).toBeGreaterThan(KILLS); // it was killed while requests were under way
  await expectStored(acknowledged);
});

test('what was accepted is finished when the server is asked to stop, and new work is refused', async () => {
  test.setTimeout(120_000);
  const server = await start();
  await post(server, ['held']);
  // A row that somebody holds keeps a transaction under way, and all that gathers behind it.
  const holder = postgres(database.url, { max: 1, onnotice: () => {} });
  const reserved = await holder.reserve();
  await reserved`begin`;
  await reserved`select from all_tenants.traces where trace_id = 'held' for update`;
  const ids = Array.from({ length: 12 }, () => randomUUID());
  const accepted = [post(server, ['held']), ...ids.map((id) => post(server, [id]))];
  const waiting = () =>
    sql`select from pg_stat_activity where datname = ${database.name} and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await waiting()).length).toBeGreaterThan(0);

  const idle = keptConnection(server.port);
  await idle.opened;
  server.child.kill('SIGTERM');
  await expect.poll(() => isListening(server.port)).toBe(false);
  const late = await idle.postUntilRefused(key);
  expect(late).toMatch(/^HTTP\/1\.1 503 /);
  expect(late).toMatch(/\r\nretry-after: [1-9]/i);
  expect(late).toMatch(/\r\nconnection: close/i);
  expect(late).toMatch(/"request_id":"req_[0-9a-f]{16}"/);

  await reserved`rollback`;
  reserved.release();
  await holder.end();
  const answers = await Promise.all(accepted);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  await server.kill('SIGTERM'); // waits for its end
  running.delete(server);
  expect(server.child.exitCode).toBe(0);
  await expectStored(new Set(['held', ...ids]));
});

test('of requests that only read, a kill loses the last second’s count, and counts none twice', async () => {
  test.setTimeout(120_000);
  const counted = async () =>
    (
      await sql`select coalesce(sum(api_requests), 0)::int as n from usage_deltas where tenant_id = ${tenant}`
    )[0]?.n as number;
  const before = await counted();
  let asked = 0;
  let due = 0;
  for (let kill = 0; kill < 2; kill++) {
    const server = await start();
    const until = performance.now() + 5_000;
    const answered: number[] = [];
    for (; performance.now() < until; await sleep(10)) {
      asked += 1;
      const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/traces?size=1`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
      answered.push(performance.now());
    }
    await server.kill('SIGKILL');
    running.delete(server);
    // A second until they are written, and one for the writing on a machine that has other work.
    due += answered.filter((at) => at < until - 2_000).length;
  }
  const made = (await counted()) - before;
  expect(made).toBeLessThanOrEqual(asked);
  expect(made).toBeGreaterThanOrEqual(due);
});
