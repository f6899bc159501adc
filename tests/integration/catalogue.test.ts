import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginUrl } from '@/db/logins';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { createTenant } from '@/lib/tenants/mutations';
import { checkCatalogue } from '@/tests/support/catalogue';
import { connect, createMigratedDatabase, type TestDatabase } from '@/tests/support/databases';

// A database of its own: others make and erase tenants in the one that suites share.
const [a, b] = ['a0000000-0000-4000-8000-000000000000', 'b0000000-0000-4000-8000-000000000000'];
const [schemaA, schemaB] = [tenantSchemaName(toTenantId(a)), tenantSchemaName(toTenantId(b))];
let database: TestDatabase;
let admin: postgres.Sql;

beforeAll(async () => {
  database = await createMigratedDatabase();
  admin = connect(database.url);
  const owner = connect(loginUrl('owner', database.url));
  const by = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
  for (const [id, slug] of [
    [a, 'team-a'],
    [b, 'team-b'],
  ] as const)
    await drizzle({ client: owner }).transaction((db) => createTenant(db, { id, slug, name: slug }, by));
  await owner.end();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

describe('the catalogue', () => {
  test('keeps the tenants of a migrated database apart', async () => {
    expect(await checkCatalogue(admin)).toEqual([]);
    expect(await admin`select 1 from tenants`).toHaveLength(2);
  });
});

/** Each kind of violation is made, looked for, and taken back. */
describe('checkCatalogue', () => {
  class Undo extends Error {}

  /** What the checker finds after these statements. They are rolled back. */
  async function findingsAfter(statements: string, only?: { tenant: string }): Promise<string[]> {
    let findings: string[] = [];
    await admin
      .begin(async (tx) => {
        await tx.unsafe(statements);
        findings = await checkCatalogue(tx, only);
        throw new Undo();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undo)) throw error;
      });
    return findings;
  }

  /** Makes a control table as a migration should, so that each test can leave one thing out. */
  const notes = (columns: string, protect = true) => `
    create table notes (${columns});
    alter table notes owner to ragtoolkit_owner;
    ${protect ? `select all_tenants.protect_control_table('notes');` : ''}`;

  test('finds nothing in a control table that is made as it should be', async () => {
    expect(
      await findingsAfter(notes('tenant_id uuid not null, id uuid, primary key (tenant_id, id)')),
    ).toEqual([]);
  });

  test('finds nothing in a tenant data table that is made as it should be', async () => {
    expect(
      await findingsAfter(`
        create table all_tenants.steps (tenant_id uuid not null, id text, name text, primary key (tenant_id, id))
          partition by list (tenant_id);
        select all_tenants.protect_tenant_table('all_tenants.steps');
        select all_tenants.add_partition(id, 'all_tenants.steps') from tenants;
        alter table all_tenants.steps owner to ragtoolkit_owner;
        alter table ${schemaA}.steps owner to ragtoolkit_owner;
        alter table ${schemaB}.steps owner to ragtoolkit_owner;`),
    ).toEqual([]);
  });

  test('looks at one tenant alone where it is told to', async () => {
    const broken = `
      drop policy own_tenant on ${schemaA}.traces;
      drop policy own_tenant on public.audit_log;
      insert into tenants (id, slug, name) values ('c0000000-0000-4000-8000-000000000000', 'c', 'c');`;
    const control = 'public.audit_log: has no policy that holds ragtoolkit_app to its own tenant';
    expect(await findingsAfter(broken, { tenant: b })).toEqual([control]);
    expect(await findingsAfter(broken, { tenant: a })).toEqual([
      control,
      `${schemaA}.traces: has no policy that holds ragtoolkit_app to its own tenant`,
    ]);
    expect(await findingsAfter(`drop schema ${schemaB} cascade`, { tenant: b })).toEqual([
      `tenant ${b}: has no schema`,
    ]);
  });

  describe('finds a table', () => {
    test('without tenant_id', async () => {
      expect(await findingsAfter(notes('id uuid primary key', false))).toEqual([
        'public.notes: has no policy that holds ragtoolkit_app to its own tenant',
        'public.notes: has no tenant_id',
        'public.notes: key notes_pkey lacks tenant_id',
        'public.notes: row-level security is off',
      ]);
    });

    test('with a tenant_id that may be null, or is no uuid', async () => {
      expect(await findingsAfter(notes('tenant_id uuid'))).toEqual([
        'public.notes: tenant_id is not uuid NOT NULL',
      ]);
      expect(await findingsAfter(notes('tenant_id text not null', false))).toContain(
        'public.notes: tenant_id is not uuid NOT NULL',
      );
    });

    test('of tenant data that is not partitioned by tenant', async () => {
      expect(
        await findingsAfter(
          'create table all_tenants.steps (tenant_id uuid not null) partition by hash (tenant_id)',
        ),
      ).toContain('all_tenants.steps: is not partitioned by LIST (tenant_id)');
      expect(await findingsAfter('create table all_tenants.steps (tenant_id uuid not null)')).toContain(
        'all_tenants.steps: is not partitioned by LIST (tenant_id)',
      );
    });

    test('that lies outside of the known schemas', async () => {
      const findings = await findingsAfter('create schema extra; create table extra.notes (id int)');
      expect(findings).toContain('schema extra: belongs to no tenant');
      expect(findings).toContain('extra.notes: has no tenant_id');
    });

    test('in a tenant’s schema that is no partition', async () => {
      expect(await findingsAfter(`create table ${schemaA}.notes (tenant_id uuid not null)`)).toContain(
        `schema ${schemaA}: notes is no partition of its namesake`,
      );
    });

    test('that is a view, which passes row-level security by', async () => {
      expect(await findingsAfter('create view all_traces as select * from all_tenants.traces')).toContain(
        'public.all_traces: is a view, which reads with the rights of its owner',
      );
      expect(
        await findingsAfter(`create materialized view ${schemaA}.copy as select * from users`),
      ).toContain(`${schemaA}.copy: is a view, which reads with the rights of its owner`);
    });
  });

  describe('finds a tenant', () => {
    test('without a schema', async () => {
      const id = 'c0000000-0000-4000-8000-000000000000';
      expect(await findingsAfter(`insert into tenants (id, slug, name) values ('${id}', 'c', 'c')`)).toEqual([
        `tenant ${id}: has no schema`,
      ]);
    });

    test('without a partition, and a schema without a tenant', async () => {
      expect(await findingsAfter(`drop table ${schemaA}.traces`)).toEqual([
        `schema ${schemaA}: has no partition of all_tenants.traces`,
      ]);
      expect(await findingsAfter('create schema t_c0000000000040008000000000000000')).toEqual([
        'schema t_c0000000000040008000000000000000: belongs to no tenant',
      ]);
    });

    test('whose partition holds another’s rows', async () => {
      expect(
        await findingsAfter(`
          alter table all_tenants.traces detach partition ${schemaA}.traces;
          alter table all_tenants.traces detach partition ${schemaB}.traces;
          alter table all_tenants.traces attach partition ${schemaA}.traces for values in ('${b}');
          alter table all_tenants.traces attach partition ${schemaB}.traces for values in ('${a}');`),
      ).toEqual([
        `schema ${schemaA}: traces holds rows of another tenant: FOR VALUES IN ('${b}')`,
        `schema ${schemaB}: traces holds rows of another tenant: FOR VALUES IN ('${a}')`,
      ]);
    });

    test('whose partition also holds another’s rows, or anybody’s', async () => {
      expect(
        await findingsAfter(`
          alter table all_tenants.traces detach partition ${schemaA}.traces;
          alter table all_tenants.traces attach partition ${schemaA}.traces
            for values in ('${a}', 'c0000000-0000-4000-8000-000000000000');`),
      ).toEqual([expect.stringContaining(`schema ${schemaA}: traces holds rows of another tenant`)]);
      expect(
        await findingsAfter(`
          alter table all_tenants.traces detach partition ${schemaA}.traces;
          alter table all_tenants.traces attach partition ${schemaA}.traces default;`),
      ).toEqual([`schema ${schemaA}: traces holds rows of another tenant: DEFAULT`]);
    });
  });

  describe('finds a policy', () => {
    const gone = 'has no policy that holds ragtoolkit_app to its own tenant';

    test('that is missing on a control table, a parent or a single partition', async () => {
      for (const table of ['public.audit_log', 'all_tenants.traces', `${schemaB}.traces`])
        expect(await findingsAfter(`drop policy own_tenant on ${table}`)).toEqual([`${table}: ${gone}`]);
    });

    test('that is there but not in force', async () => {
      for (const table of ['public.api_keys', 'all_tenants.traces', `${schemaB}.traces`])
        expect(await findingsAfter(`alter table ${table} disable row level security`)).toEqual([
          `${table}: row-level security is off`,
        ]);
    });

    test('with a subquery', async () => {
      expect(
        await findingsAfter(`
          drop policy own_tenant on memberships;
          create policy own_tenant on memberships to ragtoolkit_app
            using (tenant_id = (select id from tenants where id = nullif(current_setting('app.tenant_id', true), '')::uuid))`),
      ).toEqual([
        `public.memberships: ${gone}`,
        'public.memberships: policy own_tenant has a subquery',
        'public.memberships: policy own_tenant lets ragtoolkit_app at rows of other tenants',
      ]);
    });

    test('with a subquery in what it checks, or in what narrows', async () => {
      expect(
        await findingsAfter(`create policy extra on memberships as restrictive to ragtoolkit_app
          using (true) with check (exists (select from tenants))`),
      ).toEqual(['public.memberships: policy extra has a subquery']);
    });

    test('that lets the app at everything', async () => {
      for (const clause of [
        'to ragtoolkit_app using (true)',
        'using (true)',
        'for select to ragtoolkit_app using (true)',
        `to ragtoolkit_app using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) with check (true)`,
        `to ragtoolkit_app using (tenant_id = current_setting('app.tenant_id', true)::uuid or true)`,
      ]) {
        const findings = await findingsAfter(`create policy extra on ${schemaA}.traces ${clause}`);
        expect(findings).toEqual([
          expect.stringMatching(
            new RegExp(`^${schemaA}.traces: policy extra lets (ragtoolkit_app|PUBLIC) at rows`),
          ),
        ]);
      }
    });

    test('that lets the platform at tenant data', async () => {
      expect(
        await findingsAfter(
          'create policy platform on all_tenants.traces to ragtoolkit_platform using (true)',
        ),
      ).toEqual(['all_tenants.traces: policy platform lets ragtoolkit_platform at rows of other tenants']);
    });

    test('for some commands only', async () => {
      expect(
        await findingsAfter(`
          drop policy own_tenant on memberships;
          create policy own_tenant on memberships for select to ragtoolkit_app
            using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)`),
      ).toEqual([`public.memberships: ${gone}`]);
    });
  });

  describe('finds a key', () => {
    test('without tenant_id', async () => {
      const columns = 'tenant_id uuid not null, id uuid, name text';
      expect(await findingsAfter(notes(`${columns}, primary key (id)`))).toEqual([
        'public.notes: key notes_pkey lacks tenant_id',
      ]);
      expect(await findingsAfter(notes(`${columns}, unique (name)`))).toEqual([
        'public.notes: key notes_name_key lacks tenant_id',
      ]);
      expect(await findingsAfter(notes(`${columns}, exclude (name with =)`))).toEqual([
        'public.notes: key notes_name_excl lacks tenant_id',
      ]);
    });

    test('that is a unique index without tenant_id', async () => {
      for (const index of [
        'api_keys (name)',
        'api_keys (id) where revoked_at is null',
        'api_keys (lower(name))',
        'api_keys (id) include (tenant_id)',
        'api_keys (id, (tenant_id::text))',
      ])
        expect(await findingsAfter(`create unique index extra on ${index}`)).toEqual([
          'public.api_keys: key extra lacks tenant_id',
        ]);
    });

    test('on a single partition', async () => {
      expect(await findingsAfter(`create unique index extra on ${schemaA}.traces (trace_id)`)).toEqual([
        `${schemaA}.traces: key extra lacks tenant_id`,
      ]);
    });

    test('that leads to another tenant’s row', async () => {
      expect(
        await findingsAfter(`
          create unique index only_id on api_keys (id);
          ${notes('tenant_id uuid not null, key_id uuid references api_keys (id)')}`),
      ).toEqual([
        'public.api_keys: key only_id lacks tenant_id',
        'public.notes: foreign key notes_key_id_fkey may lead to another tenant',
      ]);
      expect(
        await findingsAfter(
          notes(
            `tenant_id uuid not null, key_id uuid, foreign key (tenant_id, key_id) references api_keys (tenant_id, id)`,
          ),
        ),
      ).toEqual([]);
      expect(
        await findingsAfter(
          notes(
            `tenant_id uuid not null, other uuid, key_id uuid, foreign key (other, key_id) references api_keys (tenant_id, id)`,
          ),
        ),
      ).toEqual(['public.notes: foreign key notes_other_key_id_fkey may lead to another tenant']);
    });

    test('whose index is not valid', async () => {
      expect(
        await findingsAfter('create index extra on only all_tenants.traces (tenant_id, project)'),
      ).toEqual(['all_tenants.traces: index extra is not valid']);
    });
  });

  describe('finds a trigger', () => {
    const make = (table: string) => `
      create function extra() returns trigger language plpgsql as 'begin return new; end';
      revoke execute on function extra() from public;
      create trigger extra before insert on ${table} for each row execute function extra();`;

    test('on a control table, and on a single partition', async () => {
      for (const table of ['public.usage_deltas', `${schemaB}.traces`])
        expect(await findingsAfter(make(table))).toEqual([`${table}: has the trigger or rule extra`]);
    });

    test('on a parent, which every partition inherits', async () => {
      expect(await findingsAfter(make('all_tenants.traces'))).toEqual([
        'all_tenants.traces: has the trigger or rule extra',
        `${schemaA}.traces: has the trigger or rule extra`,
        `${schemaB}.traces: has the trigger or rule extra`,
      ]);
    });

    test('that is a rule', async () => {
      expect(await findingsAfter('create rule extra as on insert to audit_log do instead nothing')).toEqual([
        'public.audit_log: has the trigger or rule extra',
      ]);
    });
  });

  describe('finds a right of the app login', () => {
    const app = (table: string, ...rights: string[]) =>
      rights.map((right) => `${table}: ragtoolkit_app may ${right}`);

    test('to change what never changes', async () => {
      for (const column of ['received_at', 'tenant_id', 'trace_id'])
        expect(
          await findingsAfter(`grant update (${column}) on ${schemaA}.traces to ragtoolkit_app`),
        ).toEqual(app(`${schemaA}.traces`, `UPDATE ${column}`));
      expect(await findingsAfter('grant update on all_tenants.traces to ragtoolkit_app')).toEqual(
        app('all_tenants.traces', 'UPDATE', 'UPDATE received_at', 'UPDATE tenant_id', 'UPDATE trace_id'),
      );
    });

    test('to rewrite the meter or the log', async () => {
      for (const table of ['usage_deltas', 'audit_log']) {
        expect(await findingsAfter(`grant delete, truncate on ${table} to ragtoolkit_app`)).toEqual(
          app(`public.${table}`, 'DELETE', 'TRUNCATE'),
        );
        expect(await findingsAfter(`grant update (tenant_id) on ${table} to ragtoolkit_app`)).toEqual(
          app(`public.${table}`, 'UPDATE tenant_id'),
        );
      }
    });

    test('to read secrets', async () => {
      expect(await findingsAfter('grant select (secret_hash) on api_keys to ragtoolkit_app')).toEqual(
        app('public.api_keys', 'SELECT secret_hash'),
      );
      expect(await findingsAfter('grant select on api_keys to ragtoolkit_app')).toEqual(
        app('public.api_keys', 'SELECT', 'SELECT secret_hash'),
      );
      for (const table of [
        'credentials',
        'users',
        'sessions',
        'verification_tokens',
        'mail_outbox',
        'schema_migrations',
      ])
        expect(await findingsAfter(`grant select on ${table} to ragtoolkit_app`)).toContain(
          `public.${table}: ragtoolkit_app may SELECT`,
        );
    });

    test('on a table that has been given none', async () => {
      const findings = await findingsAfter(
        `${notes('tenant_id uuid not null')} grant select, insert on notes to ragtoolkit_app`,
      );
      expect(findings).toEqual(
        app('public.notes', 'INSERT', 'INSERT tenant_id', 'SELECT', 'SELECT tenant_id'),
      );
    });

    test('that it has as one of everybody', async () => {
      const findings = await findingsAfter('grant update on tenants to public');
      expect(findings).toContain('public.tenants: everybody may UPDATE');
      expect(findings).toContain('public.tenants: ragtoolkit_app may UPDATE slug');
      expect(await findingsAfter('grant select (secret_hash) on api_keys to public')).toContain(
        'public.api_keys: everybody may SELECT',
      );
    });

    test('to triggers, references and truncation', async () => {
      expect(
        await findingsAfter(`grant trigger, references, truncate on ${schemaA}.traces to ragtoolkit_app`),
      ).toEqual(expect.arrayContaining(app(`${schemaA}.traces`, 'REFERENCES', 'TRIGGER', 'TRUNCATE')));
    });

    test('to make things, or to use the parents’ schema', async () => {
      expect(await findingsAfter('grant create on schema public to ragtoolkit_app')).toEqual([
        'schema public: ragtoolkit_app may create in it',
      ]);
      expect(await findingsAfter(`grant create on schema ${schemaA} to public`)).toEqual([
        `schema ${schemaA}: ragtoolkit_app may create in it`,
        `schema ${schemaA}: ragtoolkit_platform may create in it`,
      ]);
      expect(await findingsAfter('grant usage on schema all_tenants to ragtoolkit_app')).toEqual([
        'schema all_tenants: ragtoolkit_app may use it',
      ]);
      expect(
        await findingsAfter(`grant temporary, create on database ${database.name} to ragtoolkit_app`),
      ).toEqual([
        'ragtoolkit_app: may CREATE in the database',
        'ragtoolkit_app: may TEMPORARY in the database',
      ]);
    });

    test('to own things', async () => {
      expect(await findingsAfter(`alter table ${schemaA}.traces owner to ragtoolkit_app`)).toContain(
        `ragtoolkit_app: owns ${schemaA}.traces`,
      );
    });

    test('by an attribute, or by being somebody else', async () => {
      expect(await findingsAfter('alter role ragtoolkit_app bypassrls')).toEqual([
        'ragtoolkit_app: has the attribute BYPASSRLS',
      ]);
      expect(await findingsAfter('grant ragtoolkit_owner to ragtoolkit_app')).toContain(
        'ragtoolkit_app: is a member of ragtoolkit_owner',
      );
      expect(await findingsAfter('grant pg_read_all_data to ragtoolkit_platform')).toContain(
        'ragtoolkit_platform: is a member of pg_read_all_data',
      );
    });
  });

  describe('finds a right of the platform login', () => {
    test('to tenant data', async () => {
      expect(await findingsAfter(`grant usage on schema ${schemaA} to ragtoolkit_platform`)).toEqual([
        `schema ${schemaA}: ragtoolkit_platform may use it`,
      ]);
      expect(
        await findingsAfter('grant select (question) on all_tenants.traces to ragtoolkit_platform'),
      ).toEqual(['all_tenants.traces: ragtoolkit_platform may SELECT question']);
    });

    test('to rewrite the log', async () => {
      expect(await findingsAfter('grant delete on audit_log to ragtoolkit_platform')).toEqual([
        'public.audit_log: ragtoolkit_platform may DELETE',
      ]);
    });
  });

  describe('finds a function', () => {
    test('that everybody may execute', async () => {
      expect(
        await findingsAfter('grant execute on function all_tenants.provision_tenant(uuid, text) to public'),
      ).toEqual(['function all_tenants.provision_tenant(uuid,text): everybody may execute it']);
      expect(await findingsAfter(`create function extra() returns int language sql as 'select 1'`)).toEqual([
        'function extra(): everybody may execute it',
      ]);
    });

    test('that runs as its owner with the caller’s search_path', async () => {
      expect(
        await findingsAfter(`
          create function extra() returns int language sql security definer as 'select 1';
          revoke execute on function extra() from public;`),
      ).toEqual(['function extra(): SECURITY DEFINER without a search_path']);
    });
  });

  describe('finds a column', () => {
    test('of received_at that others than the database fill', async () => {
      expect(await findingsAfter('alter table all_tenants.traces alter received_at drop default')).toContain(
        'all_tenants.traces: received_at is not NOT NULL DEFAULT now()',
      );
      expect(await findingsAfter(`alter table ${schemaA}.traces alter received_at drop default`)).toContain(
        `${schemaA}.traces: received_at is not NOT NULL DEFAULT now()`,
      );
    });

    test('that a partition fills otherwise than its parent', async () => {
      expect(await findingsAfter(`alter table ${schemaA}.traces alter project set default 'other'`)).toEqual([
        `${schemaA}.traces: project defaults to 'other'::text, its parent’s to 'default'::text`,
      ]);
    });
  });
});
