import { readdirSync } from 'node:fs';
import path from 'node:path';
import { is, SQL } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import { describe, expect, test } from 'vitest';
import { pool } from '@/db/client';

/**
 * What queries are typed by (db/schema) and what migrations have made must be the same: both sides are written as
 * plain data and compared. Tenant data tables are read at their parents. The migration runner's own tables are left out.
 */
type Column = { type: string; notNull: boolean; hasDefault: boolean };
type TableShape = {
  columns: Record<string, Column>;
  primaryKey: string[];
  uniques: string[];
  indexes: Record<string, string[]>;
  foreignKeys: string[];
  checks: string[];
};

const folder = path.resolve(import.meta.dirname, '../../db/schema');
const modules = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => import(path.join(folder, file)) as Promise<Record<string, unknown>>),
);
const declared = new Map(
  modules
    .flatMap((module) => Object.values(module))
    .filter((value): value is PgTable => is(value, PgTable))
    .map((table) => [getTableConfig(table).name, describeTable(table)]),
);

function describeTable(table: PgTable): TableShape {
  const config = getTableConfig(table);
  const named = config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
  const inline = config.columns.filter((column) => column.primary).map((column) => column.name);
  return {
    columns: Object.fromEntries(
      config.columns.map((column) => [
        column.name,
        {
          type: column.getSQLType().replaceAll(/\s+\(/g, '('),
          notNull: column.notNull,
          hasDefault: column.hasDefault || column.generatedIdentity !== undefined,
        },
      ]),
    ),
    primaryKey: [...named, ...inline],
    uniques: [
      ...config.uniqueConstraints.map((unique) => unique.getName() ?? ''),
      ...config.columns.filter((column) => column.isUnique).map((column) => column.uniqueName ?? ''),
    ].sort(),
    indexes: Object.fromEntries(
      config.indexes.map(({ config: index }) => [
        index.name ?? '',
        index.columns.map((column) => {
          if (is(column, SQL)) return 'expression';
          const { order, nulls } =
            (column as { indexConfig?: { order?: string; nulls?: string } }).indexConfig ?? {};
          return `${'name' in column ? column.name : ''} ${order ?? 'asc'} nulls ${nulls ?? 'last'}`;
        }),
      ]),
    ),
    foreignKeys: config.foreignKeys.map((key) => key.getName()).sort(),
    checks: config.checks.map((check) => check.name).sort(),
  };
}

async function readDatabase(): Promise<Map<string, TableShape>> {
  const { sql } = pool('owner');
  const rows = await sql<(TableShape & { name: string })[]>`
    select c.relname as name,
      (select jsonb_object_agg(a.attname, jsonb_build_object('type', format_type(a.atttypid, a.atttypmod),
          'notNull', a.attnotnull, 'hasDefault', a.atthasdef or a.attidentity <> ''))
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      coalesce((select array_agg(a.attname::text order by k.i) from pg_constraint p, unnest(p.conkey) with ordinality k (n, i)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n where p.conrelid = c.oid and p.contype = 'p'), '{}') as "primaryKey",
      array(select conname::text from pg_constraint where conrelid = c.oid and contype = 'u' order by 1) as uniques,
      array(select conname::text from pg_constraint where conrelid = c.oid and contype = 'f' order by 1) as "foreignKeys",
      array(select conname::text from pg_constraint where conrelid = c.oid and contype = 'c' order by 1) as checks,
      coalesce((select jsonb_object_agg(n.relname, (
          select jsonb_agg(case when k.column = 0 then 'expression' else a.attname::text
              || case when k.option & 1 = 1 then ' desc' else ' asc' end
              || case when k.option & 2 = 2 then ' nulls first' else ' nulls last' end end order by k.i)
          from unnest(i.indkey::int2[], i.indoption::int2[]) with ordinality k ("column", option, i)
            left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.column))
        from pg_index i join pg_class n on n.oid = i.indexrelid
        where i.indrelid = c.oid and not exists (select from pg_constraint x where x.conindid = i.indexrelid)), '{}') as indexes
    from pg_class c where c.relnamespace::regnamespace::text in ('public', 'all_tenants') and c.relkind in ('r', 'p')
      and c.relname !~ '^schema_migration'
    order by 1`;
  return new Map(rows.map(({ name, ...shape }) => [name, shape]));
}

const stored = await readDatabase();

describe('db/schema', () => {
  test('declares the tables of the database, all of them and no others', () => {
    expect([...declared.keys()].sort()).toEqual([...stored.keys()].sort());
    expect(declared.size).toBeGreaterThan(10);
  });

  describe.each([...new Set([...declared.keys(), ...stored.keys()])].sort())('of %s', (name) => {
    test('has the columns of the database, with their types, NOT NULL and defaults', () => {
      expect(declared.get(name)?.columns).toEqual(stored.get(name)?.columns);
    });

    test('has the keys and indexes of the database', () => {
      const { columns: _, ...declaredKeys } = declared.get(name) ?? { columns: {} };
      const { columns: __, ...storedKeys } = stored.get(name) ?? { columns: {} };
      expect(declaredKeys).toEqual(storedKeys);
    });
  });
});
