import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET } from '@/app/api/v1/tenant/audit/route';
import { auditLog } from '@/db/schema/audit';
import { memberships } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import { createApiKey } from '@/lib/api-keys/mutations';
import { newId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import { renameTenant } from '@/lib/tenants/mutations';
import { exportAuditLog } from '@/lib/workflows/audit-log/mutations';
import { listAuditChoices, listAuditEntries } from '@/lib/workflows/audit-log/queries';
import { AUDIT_PER_PAGE, type AuditFilter } from '@/lib/workflows/audit-log/schema';
import { makePerson, makeTenant, type TestPerson, type TestTenant, unique } from '@/tests/support/factories';
import { countQueries } from '@/tests/support/queries';

let tenant: TestTenant;
let other: TestTenant;
let viewer: TestPerson;
let key: { id: string };
const mark = unique();

beforeAll(async () => {
  [tenant, other] = await Promise.all([makeTenant(), makeTenant()]);
  viewer = await makePerson(tenant, 'viewer');
  await renameTenant(tenant.admin.ctx, { name: `Renamed ${mark}` });
  key = await createApiKey(tenant.admin.ctx, { name: `Key 100%_${mark}` });
});

const list = async (filter: AuditFilter = {}, of = tenant) =>
  (await listAuditEntries(of.admin.ctx, filter)).entries;
const actionsOf = async (filter: AuditFilter) => (await list(filter)).map(({ action }) => action);

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

/** Cells of a CSV, as a program reads it. */
function parseCsv(text: string): Record<string, string>[] {
  const rows = text
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) =>
        cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
      ),
    );
  const [names = [], ...rest] = rows;
  return rest.map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])));
}

describe('listAuditEntries', () => {
  test('tells who did what to what, newest first', async () => {
    const [created, renamed, ...rest] = await list();
    expect(created).toMatchObject({
      action: 'api_key.create',
      title: 'API key created',
      actor: { kind: 'user', id: tenant.admin.userId, name: tenant.admin.email },
      target: { kind: 'api_key', id: key.id, name: `Key 100%_${mark}` },
      requestId: 'test',
    });
    expect(renamed?.changes).toEqual([
      { field: 'name', before: expect.stringMatching(/^Team/), after: `Renamed ${mark}` },
    ]);
    expect(rest.map(({ action }) => action)).toEqual([
      'member.add',
      'api_key.create',
      'member.add',
      'tenant.create',
    ]);
    expect(rest[0]).toMatchObject({
      actor: { kind: 'system', name: 'System' },
      target: { id: viewer.userId, name: viewer.email },
    });
  });

  test.each<[string, () => AuditFilter, string[]]>([
    [
      'one person',
      () => ({ actor: tenant.admin.userId, action: 'tenant' }),
      ['tenant.rename', 'tenant.create'],
    ],
    ['a kind of actor', () => ({ actor: 'system' }), ['member.add']],
    ['nobody', () => ({ actor: newId() }), []],
    ['one action', () => ({ action: 'tenant.rename' }), ['tenant.rename']],
    ['a resource', () => ({ action: 'api_key' }), ['api_key.create', 'api_key.create']],
    ['a resource that only begins alike', () => ({ action: 'api' }), []],
    ['a key’s name, with what means something to LIKE', () => ({ q: `100%_${mark}` }), ['api_key.create']],
    ['a key’s name in another case', () => ({ q: `KEY 100%_${mark}` }), ['api_key.create']],
    ['LIKE’s own signs', () => ({ q: `Key%${mark}` }), []],
    ['a target’s id', () => ({ q: key.id }), ['api_key.create']],
    ['a target’s address', () => ({ q: viewer.email }), ['member.add']],
    ['an actor’s address', () => ({ q: tenant.admin.email, action: 'tenant.rename' }), ['tenant.rename']],
    ['another tenant’s address', () => ({ q: other.admin.email }), []],
    ['a time to come', () => ({ from: '2999-01-01T00:00:00Z' }), []],
    ['a time before', () => ({ to: '2001-01-01' }), []],
    ['a cursor that is none', () => ({ cursor: 'xx', action: 'tenant.rename' }), ['tenant.rename']],
    [
      'a cursor of a day that is none',
      () => ({
        cursor: Buffer.from('["2026-02-31T00:00:00.000000Z","1"]').toString('base64url'),
        action: 'tenant.rename',
      }),
      ['tenant.rename'],
    ],
  ])('finds by %s', async (_, filter, actions) => {
    expect(await actionsOf(filter())).toEqual(actions);
  });

  test('shows nothing of another tenant, whatever is asked', async () => {
    const filters: AuditFilter[] = [
      { q: mark },
      { actor: tenant.admin.userId },
      { q: viewer.email },
      { q: key.id },
    ];
    for (const filter of filters) expect(await list(filter, other)).toEqual([]);
    const choices = await listAuditChoices(other.admin.ctx);
    expect(choices.people.map(({ email }) => email)).toEqual([other.admin.email]);
  });

  test('keeps an address as it was then, and names nobody who has left', async () => {
    const leaver = await makePerson(tenant, null);
    await withPlatform((db) => addMember(db, tenant.admin.ctx, { userId: leaver.userId, role: 'viewer' }));
    expect((await list({ q: leaver.userId }))[0]?.target.name).toBe(leaver.email);
    await withOwner((db) => db.delete(memberships).where(eq(memberships.userId, leaver.userId)));
    expect((await list({ q: leaver.userId }))[0]?.target.name).toBeNull();
  });

  test('pages through rows of the same moment without losing or repeating one', async () => {
    const busy = await makeTenant();
    const many = AUDIT_PER_PAGE * 2 + 7;
    // As one transaction, and several within a millisecond, write them.
    await withPlatform((db) =>
      db.execute(sql`
        insert into audit_log (tenant_id, actor_kind, action, target_kind, target_id, at)
        select ${busy.id}, 'system', 'tenant.rename', 'tenant', n::text,
          timestamptz '2026-01-01 00:00:00Z' + (n / 3) * interval '7 microseconds'
        from generate_series(1, ${many}) n`),
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listAuditEntries(busy.admin.ctx, { action: 'tenant.rename', cursor });
      seen.push(...page.entries.map(({ target }) => target.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(Array.from({ length: many }, (_, index) => String(many - index)));
  });

  test('asks the database as often for a full page as for one row', async () => {
    const one = await countQueries(() => list({ action: 'tenant.rename' }));
    const all = await countQueries(() => list());
    expect(all.queries).toBeLessThanOrEqual(one.queries + 3);
  });

  test.each(['analyst', 'viewer'] as const)('is not for a %s, and neither is the download', async (role) => {
    const { ctx } = await makePerson(tenant, role);
    await expect(listAuditEntries(ctx, {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listAuditChoices(ctx)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(exportAuditLog(ctx, { format: 'csv' })).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('GET /api/v1/tenant/audit', () => {
  const get = (query: string, headers: Record<string, string> = { cookie: tenant.admin.cookie }) =>
    GET(
      new Request(`http://localhost:3000/api/v1/tenant/audit${query}`, {
        headers: { host: tenant.host, ...headers },
      }),
      {
        params: Promise.resolve({}),
      },
    );

  test('streams CSV, whose first row is the download itself', async () => {
    const answer = await get('');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(answer.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="${tenant.slug}-audit-\\d{4}-\\d\\d-\\d\\d\\.csv"$`),
    );
    const rows = parseCsv(await answer.text());
    expect(rows[0]).toMatchObject({
      action: 'audit.export',
      actor: tenant.admin.email,
      after: '{"format":"csv"}',
    });
    expect(rows.at(-1)).toMatchObject({ action: 'tenant.create', description: 'Workspace created' });
    expect(rows).toHaveLength((await list()).length);
  });

  test('streams JSON lines of what fits the filters', async () => {
    const answer = await get(`?format=jsonl&q=${encodeURIComponent(`100%_${mark}`)}`);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const rows = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      action: 'api_key.create',
      target: `Key 100%_${mark}`,
      after: { name: `Key 100%_${mark}` },
    });
    const [noted] = await list({ action: 'audit.export' });
    expect(noted?.changes).toContainEqual({ field: 'q', after: `100%_${mark}` });
  });

  test('holds every row of a long log once', async () => {
    const long = await makeTenant();
    await withPlatform((db) =>
      db.execute(sql`
        insert into audit_log (tenant_id, actor_kind, action, target_kind, target_id)
        select ${long.id}, 'system', 'tenant.rename', 'tenant', n::text from generate_series(1, 1203) n`),
    );
    const { body } = await exportAuditLog(long.admin.ctx, { format: 'jsonl', action: 'tenant.rename' });
    const ids = (await read(body))
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { target_id: string }).target_id);
    expect(new Set(ids).size).toBe(1203);
    expect(ids).toHaveLength(1203);
  });

  test('lets no cell become a formula, nor a second line', async () => {
    const hostile = await makeTenant();
    const name = '=HYPERLINK("http://evil.example","click"),\r\n@SUM(1)';
    await withPlatform((db) =>
      db.insert(auditLog).values({
        tenantId: hostile.id,
        actorKind: 'user',
        actorId: '+1',
        actorEmail: '-2+3@example.com',
        action: '@x.y',
        targetKind: '\tx',
        targetId: ' =1+1',
        after: { name },
        userAgent: '=cmd|x',
      }),
    );
    const { body } = await exportAuditLog(hostile.admin.ctx, { format: 'csv', action: '@x' });
    const text = await read(body);
    const [row] = parseCsv(text.replace(',\r\n@SUM', ',\n@SUM'));
    expect(row).toMatchObject({
      action: "'@x.y",
      actor: "'-2+3@example.com",
      actor_id: "'+1",
      target_id: "' =1+1",
      target_kind: "'\tx",
      user_agent: "'=cmd|x",
    });
    expect(row?.target).toMatch(/^'=HYPERLINK/);
  });

  test.each([
    ['?format=xlsx', 'format'],
    ['?from=yesterday', 'from'],
    ['?to=2026-13-01', 'to'],
    [`?q=${'x'.repeat(201)}`, 'q'],
    ['?actor=%00', 'actor'],
  ])('answers 422 to %s and names the field', async (query, field) => {
    const answer = await get(query);
    expect(answer.status).toBe(422);
    const { error } = (await answer.json()) as { error: { issues: { path: string }[] } };
    expect(error.issues.map(({ path }) => path)).toEqual([field]);
  });

  test('is refused to a viewer, to a key that lacks the scope, and to nobody at all', async () => {
    expect((await get('', { cookie: viewer.cookie })).status).toBe(403);
    expect((await get('', { authorization: `Bearer ${tenant.firstKey.key}` })).status).toBe(403);
    expect((await get('', {})).status).toBe(401);
    expect(await list({ action: 'audit.export', actor: viewer.userId })).toEqual([]);
  });

  test('begins no download for HEAD', async () => {
    const before = (await list({ action: 'audit.export' })).length;
    const answer = await GET(
      new Request('http://localhost:3000/api/v1/tenant/audit', {
        method: 'HEAD',
        headers: { host: tenant.host, cookie: tenant.admin.cookie },
      }),
      { params: Promise.resolve({}) },
    );
    expect(answer.status).toBe(200);
    expect((await list({ action: 'audit.export' })).length).toBe(before);
  });
});
