import { eq, sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform } from '@/db/tenant';
import type { TarFile } from '@/lib/archive/tar';
import { emit } from '@/lib/audit/emit';
import { newId, tenantSchemaName, toTenantId } from '@/lib/ids';
import { createTenant } from '@/lib/tenants/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { partName } from '@/lib/workflows/export/rules';
import { importTenant } from '@/lib/workflows/import/mutations';
import { sumsOf, verifyArchive } from '@/lib/workflows/import/queries';
import { importInput } from '@/lib/workflows/import/schema';
import { checkCatalogue } from '@/tests/support/catalogue';
import { makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { download, filesOf, manifestOf, pack, saveFile } from './archive';

let tenant: TestTenant;
let archive: Buffer;
let files: TarFile[];

beforeAll(async () => {
  tenant = await makeTenant();
  await ingestTraces(tenant.ctx, [{ traceId: 'a' }, { traceId: 'b', question: 'why' }]);
  archive = await download(tenant.admin.ctx);
  files = await filesOf(archive);
});

const load = async (file: string | Uint8Array, given: Record<string, unknown> = {}, options = {}) =>
  importTenant(
    importInput.parse({
      file: typeof file === 'string' ? file : await saveFile(file),
      slug: `copy-${unique()}`,
      ...given,
    }),
    options,
  );

/** The archive with a table's contents replaced, and a manifest that says so. */
function withTable(name: string, content: string): Buffer {
  const manifest = manifestOf(files);
  const table = manifest.tables.find((entry) => entry.name === name);
  const sums = sumsOf(Buffer.from(content));
  const file = partName(name, 1);
  Object.assign(table ?? {}, sums, { parts: [{ file, ...sums }] });
  return pack(
    files.map((entry) => {
      if (entry.name === 'manifest.json') return { ...entry, content: Buffer.from(JSON.stringify(manifest)) };
      return entry.name === file ? { ...entry, content: Buffer.from(content) } : entry;
    }),
  );
}

/** How many schemas were made for a slug, which each has as its comment. Other suites make tenants meanwhile. */
const countSchemas = async (slug: string) => {
  const rows = await pool('owner').sql`
    select 1 from pg_namespace n where obj_description(n.oid, 'pg_namespace') = ${slug}`;
  return rows.length;
};
const findTenant = async (slug: string) =>
  (await withPlatform((db) => db.select().from(tenants).where(eq(tenants.slug, slug))))[0];

describe('verifyArchive', () => {
  test('accepts an export and says what it is', async () => {
    const { manifest, members } = await verifyArchive(await saveFile(archive));
    expect(manifest.tenant).toMatchObject({ slug: tenant.slug, plan: 'starter' });
    expect(members.map(({ user_email }) => user_email)).toEqual([tenant.admin.email]);
  });

  test.each<[string, string, () => Buffer]>([
    ['a download that was cut off', 'is not complete', () => archive.subarray(0, archive.length / 2)],
    ['an archive without its manifest', 'no manifest.json', () => pack(files.slice(0, -1))],
    [
      'an archive that lacks a part',
      'lacks traces/000001.jsonl',
      () => pack(files.filter(({ name }) => name !== 'traces/000001.jsonl')),
    ],
    [
      'a changed row',
      'traces/000001.jsonl has a wrong checksum',
      () =>
        pack(
          files.map((file) =>
            file.name === 'traces/000001.jsonl'
              ? { ...file, content: Buffer.from(file.content.toString().replace('why', 'who')) }
              : file,
          ),
        ),
    ],
    [
      'a file that nobody announced',
      'no file of an export',
      () => pack([{ name: 'extra.txt', content: Buffer.from('x') }, ...files]),
    ],
    [
      'a format of the future',
      'has format 2',
      () =>
        pack(
          files.map((file) =>
            file.name === 'manifest.json'
              ? {
                  ...file,
                  content: Buffer.from(file.content.toString().replace('"format": 1', '"format": 2')),
                }
              : file,
          ),
        ),
    ],
    [
      'a table that is not a tenant’s',
      'the table users',
      () =>
        pack(
          files
            .map((file) =>
              file.name === 'manifest.json'
                ? {
                    ...file,
                    content: Buffer.from(
                      file.content.toString().replace('"name": "traces"', '"name": "users"'),
                    ),
                  }
                : file,
            )
            .map((file) => ({ ...file, name: file.name.replace(/^traces\//, 'users/') }))
            .map((file) =>
              file.name === 'manifest.json'
                ? {
                    ...file,
                    content: Buffer.from(
                      file.content.toString().replace('"file": "traces/', '"file": "users/'),
                    ),
                  }
                : file,
            ),
        ),
    ],
    ['what is no archive', 'no .tar.gz archive', () => Buffer.from('hello, this is not an archive')],
    ['an empty file', 'not complete', () => Buffer.alloc(0)],
  ])('refuses %s', async (_, message, make) => {
    const file = await saveFile(make());
    await expect(verifyArchive(file)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    });
  });

  test('refuses a file that is not there', async () => {
    await expect(verifyArchive('/nowhere/archive.tar.gz')).rejects.toThrow(
      'There is no file /nowhere/archive.tar.gz.',
    );
  });
});

describe('importTenant', () => {
  test('makes a tenant whose locks are all in place', async () => {
    const { id } = await load(archive);
    const schema = tenantSchemaName(toTenantId(id));
    const findings = await pool('owner').sql.begin((tx) => checkCatalogue(tx));
    expect(findings.filter((finding) => finding.includes(schema))).toEqual([]);
  });

  test('refuses a slug that is taken, reserved or malformed, before it makes anything', async () => {
    await expect(load(archive, { slug: tenant.slug })).rejects.toMatchObject({ code: 'conflict' });
    expect(await countSchemas(tenant.slug)).toBe(1);
    for (const slug of ['admin', 'no', 'under_score'])
      expect(importInput.safeParse({ file: 'x', slug }).success).toBe(false);
  });

  test('leaves nothing behind when it fails in the middle', async () => {
    const slug = `copy-${unique()}`;
    const email = `stranger-${slug}@example.com`;
    // The rows before it are loaded and committed by then.
    const broken = withTable('usage_deltas', '{"project":null}\n');
    await expect(load(broken, { slug, adminEmail: email })).rejects.toThrow();
    expect(await findTenant(slug)).toBeUndefined();
    expect(await countSchemas(slug)).toBe(0);
    expect(await withPlatform((db) => db.select().from(users).where(eq(users.email, email)))).toEqual([]);
    await expect(load(archive, { slug })).resolves.toMatchObject({ slug });
  });

  test('leaves nothing behind when it is stopped', async () => {
    const slug = `copy-${unique()}`;
    const stop = new AbortController();
    const report = ({ phase }: { phase: string }) => phase === 'load' && stop.abort(new Error('stopped'));
    await expect(load(archive, { slug }, { report, signal: stop.signal })).rejects.toThrow('stopped');
    expect(await findTenant(slug)).toBeUndefined();
  });

  test('removes what a killed import left, when it is told to', async () => {
    const slug = `copy-${unique()}`;
    const by = { actor: { kind: 'system', name: 'import' }, requestId: 'test' } as const;
    await withOwner(async (db) => {
      const left = await createTenant(db, { id: newId(), slug, name: 'Left' }, by);
      await db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, left.id));
      await emit(
        db,
        { tenant: left, ...by },
        { action: 'tenant.import', target: { kind: 'tenant', id: left.id } },
      );
    });
    const left = await findTenant(slug);
    await expect(load(archive, { slug })).rejects.toThrow('--discard-unfinished');
    const made = await load(archive, { slug, discardUnfinished: true });
    expect(made.id).not.toBe(left?.id);
    const schema = tenantSchemaName(toTenantId(left?.id ?? ''));
    expect(await pool('owner').sql`select 1 from pg_namespace where nspname = ${schema}`).toHaveLength(0);
  });

  test('never takes a working tenant for an unfinished import', async () => {
    const { slug, id } = await load(archive);
    await withPlatform((db) => db.update(tenants).set({ status: 'suspended' }).where(eq(tenants.id, id)));
    await expect(load(archive, { slug, discardUnfinished: true })).rejects.toThrow('This name is taken.');
  });

  test('gives people who have no account here one without a password', async () => {
    const email = `away-${unique()}@example.com`;
    const content = files.find(({ name }) => name === 'memberships/000001.jsonl')?.content.toString() ?? '';
    const made = await load(
      withTable('memberships', content.replace(tenant.admin.email, email).replace('Ada Test', 'Zoë')),
    );
    expect(made).toMatchObject({ people: 1, newPeople: 1, admins: 1 });
    const [person] = await withPlatform((db) => db.select().from(users).where(eq(users.email, email)));
    expect(person).toMatchObject({ name: 'Zoë', emailVerifiedAt: null });
    const [credential] = await withPlatform((db) =>
      db.execute(sql`select 1 from credentials where user_id = ${person?.id}`),
    );
    expect(credential).toBeUndefined();
    // What they did there is theirs here.
    const log = await withPlatform((db) => db.select().from(auditLog).where(eq(auditLog.tenantId, made.id)));
    expect(log.find(({ action }) => action === 'api_key.create')).toMatchObject({ actorId: person?.id });
  });

  test('makes a known member the admin that was asked for', async () => {
    const content = files.find(({ name }) => name === 'memberships/000001.jsonl')?.content.toString() ?? '';
    const viewers = withTable('memberships', content.replace('"role":"admin"', '"role":"viewer"'));
    expect(await load(viewers)).toMatchObject({ people: 1, admins: 0 });
    expect(await load(viewers, { adminEmail: tenant.admin.email })).toMatchObject({ people: 1, admins: 1 });
  });
});
