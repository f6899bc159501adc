import { beforeAll, describe, expect, test, vi } from 'vitest';
import { GET } from '@/app/api/v1/tenant/export/route';
import { GET as getStatus } from '@/app/api/v1/tenant/export/status/route';
import { pool } from '@/db/client';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { exportTenant, runningExports } from '@/lib/workflows/export/mutations';
import { getExportStatus, listExportedTables } from '@/lib/workflows/export/queries';
import { exportStatus } from '@/lib/workflows/export/schema';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { countQueries } from '@/tests/support/queries';
import { call, readError } from '@/tests/support/requests';
import { download, filesOf, linesOf, manifestOf } from './archive';

const path = '/api/v1/tenant/export';
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await makeTenant();
  for (let batch = 0; batch < 5; batch++)
    await ingestTraces(
      tenant.ctx,
      Array.from({ length: 1_000 }, (_, i) => ({
        traceId: `${batch}-${i}`,
        // Text that compresses badly: the stream must not fit into the buffers on its way.
        question: Array.from({ length: 40 }, () => Math.random().toString(36)).join(' '),
      })),
    );
});

const isRunning = () => runningExports(tenant.id).length > 0;

describe('exportTenant', () => {
  test('is for admins', async () => {
    for (const role of ['analyst', 'viewer'] as const) {
      const { ctx } = await makePerson(tenant, role);
      await expect(exportTenant(ctx)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(exportTenant(tenant.firstKey.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('cuts tables into parts that it names with their sums, each row once', async () => {
    const files = await filesOf(await download(tenant.admin.ctx));
    const traces = manifestOf(files).tables.find(({ name }) => name === 'traces');
    expect(traces?.parts.map(({ file, rows }) => [file, rows])).toEqual(
      [1, 2, 3, 4, 5].map((n) => [`traces/00000${n}.jsonl`, 1_000]),
    );
    const ids = linesOf(files, 'traces').map((line) => (JSON.parse(line) as { trace_id: string }).trace_id);
    expect(new Set(ids).size).toBe(5_000);
  });

  test('cuts large rows into parts of their own, so that few are in memory', async () => {
    const fresh = await makeTenant();
    const large = 'x'.repeat(900_000);
    for (let i = 0; i < 12; i++) await ingestTraces(fresh.ctx, [{ traceId: `large-${i}`, answer: large }]);
    const files = await filesOf(await download(fresh.admin.ctx));
    const traces = manifestOf(files).tables.find(({ name }) => name === 'traces');
    expect(traces?.parts.map(({ rows }) => rows)).toEqual([5, 5, 2]);
  });

  test('holds nothing of another tenant', async () => {
    const other = await makeTenant();
    const files = await filesOf(await download(other.admin.ctx));
    expect(linesOf(files, 'traces')).toEqual([]);
    expect(files.some(({ content }) => content.includes(tenant.id))).toBe(false);
  });

  test('reads nothing before it is read, and stops when the reader goes away', async () => {
    const { body } = await exportTenant(tenant.admin.ctx);
    expect(isRunning()).toBe(false);
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    expect(isRunning()).toBe(true);
    await reader.cancel();
    await poll(() => !isRunning());
    const { queries } = await countQueries(() => new Promise((resolve) => setImmediate(resolve)));
    expect(queries).toBe(0);
    expect((await getExportStatus(tenant.admin.ctx)).last?.finished).toBeNull();
  });

  test('stops in the middle of a part, too', async () => {
    const { body } = await exportTenant(tenant.admin.ctx);
    const reader = body.getReader();
    await reader.read();
    const reading = reader.read().catch(() => {});
    await reader.cancel();
    await reading;
    await poll(() => !isRunning());
  });

  test('ends with an error, and without a manifest, when the database fails', async () => {
    const { body } = await exportTenant(tenant.admin.ctx);
    const reader = body.getReader();
    await reader.read();
    const begin = vi
      .spyOn(pool('app').sql, 'begin')
      .mockRejectedValueOnce(new Error('the database went away'));
    const drain = async () => {
      while (!(await reader.read()).done);
    };
    await expect(drain()).rejects.toThrow('the database went away');
    begin.mockRestore();
    await poll(() => !isRunning());
  });

  test('runs twice at the most', async () => {
    const readers = [];
    for (let i = 0; i < 2; i++) {
      const reader = (await exportTenant(tenant.admin.ctx)).body.getReader();
      await reader.read();
      readers.push(reader);
    }
    await expect(exportTenant(tenant.admin.ctx)).rejects.toMatchObject({ code: 'conflict' });
    for (const reader of readers) await reader.cancel();
    await poll(() => !isRunning());
    await (await exportTenant(tenant.admin.ctx)).body.cancel();
  });
});

describe('getExportStatus', () => {
  test('tells how far an export is, and of the last one by whom it was and what it held', async () => {
    const fresh = await makeTenant();
    expect(await getExportStatus(fresh.admin.ctx)).toEqual({ running: [], last: null });
    await ingestTraces(fresh.ctx, [{ traceId: 'a' }]);
    const reader = (await exportTenant(fresh.admin.ctx)).body.getReader();
    await reader.read();
    expect((await getExportStatus(fresh.admin.ctx)).last?.finished).toBeNull();
    while (!(await reader.read()).done);
    expect(exportStatus.strict().parse(await getExportStatus(fresh.admin.ctx))).toMatchObject({
      running: [],
      last: { by: fresh.admin.email, finished: { rows: expect.any(Number), bytes: expect.any(Number) } },
    });
  });

  test('shows what an export holds', async () => {
    const tables = await listExportedTables(tenant.admin.ctx);
    expect(tables.find(({ name }) => name === 'traces')).toEqual({
      name: 'traces',
      title: 'Traces',
      rows: 5_000,
      accuracy: 'exact',
    });
  });
});

describe('GET /api/v1/tenant/export', () => {
  const request = (headers: Record<string, string>, method = 'GET') =>
    GET(new Request(`http://localhost:3000${path}`, { method, headers: { host: tenant.host, ...headers } }), {
      params: Promise.resolve({}),
    });

  test('answers an admin’s session with a file', async () => {
    const response = await request({ cookie: tenant.admin.cookie });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/gzip');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="${tenant.slug}-\\d{4}-\\d\\d-\\d\\d\\.tar\\.gz"$`),
    );
    expect(manifestOf(await filesOf(Buffer.from(await response.arrayBuffer()))).tenant.id).toBe(tenant.id);
  });

  test('begins nothing for HEAD', async () => {
    const before = await getExportStatus(tenant.admin.ctx);
    const response = await request({ cookie: tenant.admin.cookie }, 'HEAD');
    expect([response.status, response.body]).toEqual([200, null]);
    expect(await getExportStatus(tenant.admin.ctx)).toEqual(before);
  });

  test.each([GET, getStatus])('is closed to strangers, keys and other roles (%#)', async (handler) => {
    const { cookie } = await makePerson(tenant, 'analyst');
    const host = tenant.host;
    expect(readError(await call(handler, { path, host }))).toMatchObject({ status: 401 });
    const key = tenant.firstKey.key;
    expect(readError(await call(handler, { path, host, key }))).toMatchObject({ status: 403 });
    expect(readError(await call(handler, { path, host, headers: { cookie } }))).toMatchObject({
      status: 403,
    });
  });
});
