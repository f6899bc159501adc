import type postgres from 'postgres';
import { tenantSchemaName, toTenantId } from '@/lib/ids';

/**
 * What the database's own catalogue must say for tenants to be apart. `checkCatalogue` lists every deviation as
 * `<object>: <what is wrong>`, and nothing for a database in order. A new table is a tenant's until it is named in
 * `globalTables`, and the app login may do nothing with it until it is named in `appRights`.
 */

/** Tables of `public` that belong to no tenant. The app login has no right on them. */
const globalTables = [
  'credentials',
  'mail_outbox',
  'metering_runs',
  'operator_keys',
  'person_tokens',
  'platform_audit',
  'provider_accounts',
  'recovery_codes',
  'request_minutes',
  'reserved_slugs',
  'schema_migration_tenants',
  'schema_migrations',
  'second_factors',
  'sessions',
  'stripe_events',
  'sweep_runs',
  'usage_flushes',
  'usage_nights',
  'users',
  'verification_tokens',
] as const;

/** The column that names the tenant, where it is not `tenant_id`. */
const tenantColumns: Record<string, string> = { tenants: 'id' };

/** Unique across tenants on purpose: a subdomain belongs to one of them, and so does a customer at Stripe. */
const globalKeys = ['tenants_slug_unique', 'billing_customers_stripe_customer'] as const;

type Rights = {
  select?: 'all' | readonly string[];
  insert?: true;
  update?: readonly string[];
  delete?: true;
};

/** What the app login may do with control tables. Nothing with those that are not named here. */
const appRights: Record<string, Rights> = {
  tenants: { select: 'all' },
  memberships: { select: 'all' },
  api_keys: {
    select: [
      'tenant_id',
      'id',
      'name',
      'kind',
      'scopes',
      'is_service',
      'created_by',
      'created_at',
      'expires_at',
      'revoked_at',
      'replaced_by',
      'last_used_at',
      'last_used_ip',
      'rate_per_second',
    ],
  },
  invitations: {
    select: [
      'tenant_id',
      'id',
      'email',
      'role',
      'invited_by',
      'created_at',
      'sent_at',
      'expires_at',
      'accepted_at',
      'accepted_by',
      'revoked_at',
    ],
  },
  usage_deltas: { select: 'all', insert: true },
  audit_log: { select: 'all', insert: true },
  stats_progress: { select: 'all', insert: true, update: ['rolled_until', 'days_until'] },
  isolation_checks: { select: 'all', insert: true },
  stats_dirty_hours: { select: 'all', insert: true, delete: true },
  trace_words_pending: { select: 'all', insert: true, delete: true },
  deliveries: { select: 'all', insert: true, update: ['received', 'stored', 'updated', 'refused'] },
  delivery_refusals: { select: 'all', insert: true, delete: true },
  trace_tombstones: { select: 'all', insert: true, update: ['deleted_at', 'received_at'] },
  concurrency_leases: { select: 'all', insert: true, update: ['holder', 'expires_at'], delete: true },
  usage_records: { select: 'all' },
  usage_outbox: { select: 'all' },
  usage_periods: { select: 'all' },
  usage_meters: { select: 'all' },
  membership_intervals: { select: 'all' },
  legacy_imports: { select: 'all', insert: true, update: ['last_key', 'counts', 'rejected', 'finished_at'] },
};

/** Columns of tenant data tables that the database sets and nobody changes. The columns of a key are never changed either. */
const immutableColumns: Record<string, readonly string[]> = { traces: ['received_at'] };

/** Control tables that the platform login may only add to. */
const appendOnly = ['audit_log', 'platform_audit'] as const;

const OWN_TENANT = (column: string) =>
  `(${column} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;

type Place = 'control' | 'global' | 'parent' | 'partition';
type Table = {
  oid: number;
  schema: string;
  name: string;
  kind: string;
  rls: boolean;
  parent: string | null;
  bound: string | null;
  partitionKey: string | null;
  place: Place;
};
type Column = { name: string; type: string; notNull: boolean; default: string | null; isKey: boolean };

const full = (table: Pick<Table, 'schema' | 'name'>) => `${table.schema}.${table.name}`;
const tenantColumnOf = (table: Table) => tenantColumns[table.name] ?? 'tenant_id';
const isTenantOwned = (table: Table) => table.place !== 'global';

/**
 * Every deviation of a database from what keeps its tenants apart, sorted. With `only`, of the tenants that one alone is
 * looked at: in a database where other suites make and erase tenants at the same time, theirs may be half there.
 */
export async function checkCatalogue(
  sql: postgres.Sql | postgres.TransactionSql,
  only?: { tenant: string },
): Promise<string[]> {
  const own = only && tenantSchemaName(toTenantId(only.tenant));
  const isLookedAt = (schema: string) => !own || !schema.startsWith('t_') || schema === own;
  const tables = (await readTables(sql)).filter((table) => isLookedAt(table.schema));
  const findings: string[] = [
    ...(await checkLogins(sql)),
    ...(await checkSchemas(sql, tables, isLookedAt)),
    ...(await checkFunctions(sql)),
  ];
  const columns = await readColumns(sql);
  const checkTable = async (table: Table) => {
    const own = columns.get(table.oid) ?? [];
    const say = (what: string) => findings.push(`${full(table)}: ${what}`);
    checkKind(table, say);
    await checkRights(sql, table, own, say);
    if (!isTenantOwned(table)) return;
    checkTenantColumn(table, own, say);
    checkDefaults(table, own, columns, tables, say);
    await checkPolicies(sql, table, say);
    await checkTriggers(sql, table, say);
    await checkIndexes(sql, table, say);
    await checkForeignKeys(sql, table, tables, say);
  };
  await Promise.all(tables.map(checkTable)); // one connection takes them one after the other, without a pause between
  return [...new Set(findings)].sort();
}

type Say = (what: string) => void;

async function readTables(sql: postgres.Sql | postgres.TransactionSql): Promise<Table[]> {
  const rows = await sql<Omit<Table, 'place'>[]>`
    select c.oid::int4 as oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.relrowsecurity as rls,
      i.inhparent::regclass::text as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
      case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as "partitionKey"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_inherits i on i.inhrelid = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 2, 3`;
  return rows.map((row) => ({ ...row, place: placeOf(row) }));
}

function placeOf(table: Pick<Table, 'schema' | 'name'>): Place {
  if (table.schema === 'all_tenants') return 'parent';
  if (table.schema !== 'public') return 'partition';
  return (globalTables as readonly string[]).includes(table.name) ? 'global' : 'control';
}

async function readColumns(sql: postgres.Sql | postgres.TransactionSql): Promise<Map<number, Column[]>> {
  const rows = await sql<(Column & { oid: number })[]>`
    select a.attrelid::int4 as oid, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as "notNull", pg_get_expr(d.adbin, d.adrelid) as default,
      exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)) as "isKey"
    from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    order by a.attrelid, a.attnum`;
  const byTable = new Map<number, Column[]>();
  for (const { oid, ...column } of rows) byTable.set(oid, [...(byTable.get(oid) ?? []), column]);
  return byTable;
}

/** The logins own nothing that they use, cannot become somebody else, and pass row-level security by no attribute. */
async function checkLogins(sql: postgres.Sql | postgres.TransactionSql): Promise<string[]> {
  const findings: string[] = [];
  const roles = await sql<
    { name: string; attributes: string[]; memberOf: string[]; owns: string[]; database: string[] }[]
  >`
    select r.rolname as name,
      array_remove(array[case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
        case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
        case when r.rolreplication then 'REPLICATION' end, case when r.rolinherit then 'INHERIT' end], null) as attributes,
      array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid order by 1) as "memberOf",
      array(select c.oid::regclass::text from pg_class c where c.relowner = r.oid
        union select n.nspname from pg_namespace n where n.nspowner = r.oid
        union select p.oid::regprocedure::text from pg_proc p where p.proowner = r.oid) as owns,
      array_remove(array[case when has_database_privilege(r.oid, current_database(), 'TEMPORARY') then 'TEMPORARY' end,
        case when has_database_privilege(r.oid, current_database(), 'CREATE') then 'CREATE' end], null) as database
    from pg_roles r where r.rolname in ('ragtoolkit_owner', 'ragtoolkit_app', 'ragtoolkit_platform') order by 1`;
  for (const role of roles) {
    const say = (what: string) => findings.push(`${role.name}: ${what}`);
    for (const attribute of role.attributes) say(`has the attribute ${attribute}`);
    for (const other of role.memberOf) say(`is a member of ${other}`);
    if (role.name === 'ragtoolkit_owner') continue;
    for (const thing of role.owns) say(`owns ${thing}`);
    for (const right of role.database) say(`may ${right} in the database`);
  }
  if (roles.length !== 3)
    findings.push(`logins: found ${roles.map((role) => role.name).join(', ') || 'none'}`);
  return findings;
}

/** Each tenant has its schema with a partition of every tenant data table; nobody may make anything in a schema. */
async function checkSchemas(
  sql: postgres.Sql | postgres.TransactionSql,
  tables: readonly Table[],
  isLookedAt: (schema: string) => boolean,
): Promise<string[]> {
  const findings: string[] = [];
  const schemas = await sql<
    { name: string; tenant: string | null; appUsage: boolean; platformUsage: boolean; creators: string[] }[]
  >`
    select n.nspname as name, t.id as tenant,
      has_schema_privilege('ragtoolkit_app', n.oid, 'USAGE') as "appUsage",
      has_schema_privilege('ragtoolkit_platform', n.oid, 'USAGE') as "platformUsage",
      array(select r from unnest(array['ragtoolkit_app', 'ragtoolkit_platform']) r
        where has_schema_privilege(r, n.oid, 'CREATE')) as creators
    from pg_namespace n left join tenants t on n.nspname = 't_' || replace(t.id::text, '-', '')
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;
  const parents = tables.filter((table) => table.place === 'parent' && table.kind === 'p');
  for (const schema of schemas.filter(({ name }) => isLookedAt(name))) {
    const say = (what: string) => findings.push(`schema ${schema.name}: ${what}`);
    for (const login of schema.creators) say(`${login} may create in it`);
    if (schema.name === 'public') continue;
    if (schema.platformUsage) say('ragtoolkit_platform may use it');
    if (schema.name === 'all_tenants') {
      if (schema.appUsage) say('ragtoolkit_app may use it');
      continue;
    }
    if (!schema.tenant) {
      say('belongs to no tenant');
      continue;
    }
    if (!schema.appUsage) say('ragtoolkit_app may not use it');
    const own = tables.filter((table) => table.schema === schema.name);
    for (const parent of parents)
      if (!own.some((table) => table.parent === full(parent))) say(`has no partition of ${full(parent)}`);
    for (const table of own) {
      if (table.parent !== `all_tenants.${table.name}`) say(`${table.name} is no partition of its namesake`);
      else if (table.bound !== `FOR VALUES IN ('${schema.tenant}')`)
        say(`${table.name} holds rows of another tenant: ${table.bound}`);
    }
  }
  const tenants = await sql<{ id: string; schema: string; isThere: boolean }[]>`
    select id, schema, to_regnamespace(schema) is not null as "isThere"
    from (select id, 't_' || replace(id::text, '-', '') as schema from tenants) as t`;
  const missing = tenants.filter(({ schema, isThere }) => !isThere && isLookedAt(schema));
  return [...findings, ...missing.map(({ id }) => `tenant ${id}: has no schema`)];
}

/** A function that runs with its owner's rights is a way past the locks: only with a fixed path, and not for everybody. */
async function checkFunctions(sql: postgres.Sql | postgres.TransactionSql): Promise<string[]> {
  const rows = await sql<{ name: string; definer: boolean; pinned: boolean; everybody: boolean }[]>`
    select p.oid::regprocedure::text as name, p.prosecdef as definer,
      coalesce(p.proconfig::text ~ 'search_path=', false) as pinned,
      exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) as everybody
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;
  return rows.flatMap((row) => [
    ...(row.everybody ? [`function ${row.name}: everybody may execute it`] : []),
    ...(row.definer && !row.pinned ? [`function ${row.name}: SECURITY DEFINER without a search_path`] : []),
  ]);
}

function checkKind(table: Table, say: Say): void {
  if (table.kind === 'v' || table.kind === 'm') say('is a view, which reads with the rights of its owner');
  else if (table.kind === 'f') say('is a foreign table, which has no row-level security of ours');
  else if (table.place === 'parent' && table.partitionKey !== 'LIST (tenant_id)')
    say('is not partitioned by LIST (tenant_id)');
}

function checkTenantColumn(table: Table, columns: readonly Column[], say: Say): void {
  const name = tenantColumnOf(table);
  const column = columns.find((one) => one.name === name);
  if (!column) say(`has no ${name}`);
  else if (column.type !== 'uuid' || !column.notNull) say(`${name} is not uuid NOT NULL`);
}

/** Immutable columns are the database's own; a partition fills columns as its parent does, which nothing enforces. */
function checkDefaults(
  table: Table,
  columns: readonly Column[],
  all: ReadonlyMap<number, Column[]>,
  tables: readonly Table[],
  say: Say,
): void {
  if (table.place !== 'parent' && table.place !== 'partition') return;
  for (const name of immutableColumns[table.name] ?? []) {
    const column = columns.find((one) => one.name === name);
    if (!column?.notNull || column.default !== 'now()') say(`${name} is not NOT NULL DEFAULT now()`);
  }
  const parent = tables.find((one) => full(one) === table.parent);
  for (const { name, default: expected, notNull } of (parent && all.get(parent.oid)) ?? []) {
    const column = columns.find((one) => one.name === name);
    if (column && column.default !== expected)
      say(`${name} defaults to ${column.default}, its parent’s to ${expected}`);
    if (column && column.notNull !== notNull) say(`${name} is NOT NULL in one of partition and parent only`);
  }
}

async function checkPolicies(
  sql: postgres.Sql | postgres.TransactionSql,
  table: Table,
  say: Say,
): Promise<void> {
  if (!table.rls) say('row-level security is off');
  const policies = await sql<
    {
      name: string;
      roles: string[];
      command: string;
      permissive: boolean;
      using: string | null;
      check: string | null;
      subquery: boolean;
    }[]
  >`
    select p.polname as name, p.polcmd as command, p.polpermissive as permissive,
      array(select case when r = 0 then 'PUBLIC' else r::regrole::text end from unnest(p.polroles) r order by 1) as roles,
      pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check,
      coalesce(p.polqual::text ~ '\\{SUBLINK', false) or coalesce(p.polwithcheck::text ~ '\\{SUBLINK', false) as subquery
    from pg_policy p where p.polrelid = ${table.oid}::oid order by 1`;
  const own = OWN_TENANT(tenantColumnOf(table));
  let isLocked = false;
  for (const policy of policies) {
    if (policy.subquery) say(`policy ${policy.name} has a subquery`);
    if (!policy.permissive) continue; // narrows what the others allow
    const who = policy.roles.join(', ');
    if (who === 'ragtoolkit_app' && policy.using === own && (policy.check === null || policy.check === own)) {
      if (policy.command === '*') isLocked = true;
    } else if (who !== 'ragtoolkit_platform' || table.place !== 'control') {
      say(`policy ${policy.name} lets ${who} at rows of other tenants`);
    }
  }
  if (!isLocked) say('has no policy that holds ragtoolkit_app to its own tenant');
}

async function checkTriggers(
  sql: postgres.Sql | postgres.TransactionSql,
  table: Table,
  say: Say,
): Promise<void> {
  const triggers = await sql<{ name: string }[]>`
    select tgname as name from pg_trigger where tgrelid = ${table.oid}::oid and not tgisinternal
    union all select rulename from pg_rewrite where ev_class = ${table.oid}::oid and rulename <> '_RETURN' order by 1`;
  for (const { name } of triggers) say(`has the trigger or rule ${name}`);
}

async function checkIndexes(
  sql: postgres.Sql | postgres.TransactionSql,
  table: Table,
  say: Say,
): Promise<void> {
  const indexes = await sql<{ name: string; unique: boolean; valid: boolean; columns: string[] }[]>`
    select c.relname as name, i.indisunique or i.indisexclusion as unique, i.indisvalid as valid,
      array(select a.attname from pg_attribute a
        where a.attrelid = i.indrelid and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])) as columns
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = ${table.oid}::oid order by 1`;
  for (const index of indexes) {
    if (!index.valid) say(`index ${index.name} is not valid`);
    if (!index.unique || (globalKeys as readonly string[]).includes(index.name)) continue;
    if (!index.columns.includes(tenantColumnOf(table)))
      say(`key ${index.name} lacks ${tenantColumnOf(table)}`);
  }
}

/** A row refers to rows of its own tenant only: the key that it refers by includes the tenant on both sides. */
async function checkForeignKeys(
  sql: postgres.Sql | postgres.TransactionSql,
  table: Table,
  tables: readonly Table[],
  say: Say,
): Promise<void> {
  const keys = await sql<{ name: string; target: number; from: string[]; to: string[] }[]>`
    select c.conname as name, c.confrelid::int4 as target,
      array(select a.attname from unnest(c.conkey) with ordinality k (n, i)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i) as from,
      array(select a.attname from unnest(c.confkey) with ordinality k (n, i)
        join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.i) as to
    from pg_constraint c where c.contype = 'f' and c.conrelid = ${table.oid}::oid order by 1`;
  for (const key of keys) {
    const target = tables.find((one) => one.oid === key.target);
    if (!target || !isTenantOwned(target)) continue;
    const at = key.from.indexOf(tenantColumnOf(table));
    if (at === -1 || key.to[at] !== tenantColumnOf(target))
      say(`foreign key ${key.name} may lead to another tenant`);
  }
}

const tableRights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] as const;
const columnRights = ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES'] as const;

/** What the logins may do with a table and with each of its columns, as the database itself judges it. */
async function checkRights(
  sql: postgres.Sql | postgres.TransactionSql,
  table: Table,
  columns: readonly Column[],
  say: Say,
): Promise<void> {
  const [held] = await sql<
    { public: string[]; rights: { role: string; right: string; column: string | null }[] }[]
  >`
    select
      array(select distinct x.privilege_type from pg_class c, aclexplode(c.relacl) x
          where c.oid = ${table.oid}::oid and x.grantee = 0
        union select distinct x.privilege_type from pg_attribute a, aclexplode(a.attacl) x
          where a.attrelid = ${table.oid}::oid and x.grantee = 0) as public,
      (select coalesce(jsonb_agg(jsonb_build_object('role', role, 'right', p, 'column', col)), '[]') from (
        select role, p, null as col from unnest(${[...tableRights]}::text[]) p,
            unnest(array['ragtoolkit_app', 'ragtoolkit_platform']) role
          where has_table_privilege(role, ${table.oid}::oid, p)
        union all
        select role, p, a.attname from unnest(${[...columnRights]}::text[]) p,
            unnest(array['ragtoolkit_app', 'ragtoolkit_platform']) role, pg_attribute a
          where a.attrelid = ${table.oid}::oid and a.attnum > 0 and not a.attisdropped
            and has_column_privilege(role, ${table.oid}::oid, a.attnum, p)) held) as rights`;
  for (const right of held?.public ?? []) say(`everybody may ${right}`);
  const expected = { ragtoolkit_app: appMay(table, columns), ragtoolkit_platform: platformMay(table) };
  for (const { role, right, column } of held?.rights ?? []) {
    const allowed = expected[role as keyof typeof expected](right, column);
    if (!allowed) say(`${role} may ${right}${column === null ? '' : ` ${column}`}`);
  }
}

type May = (right: string, column: string | null) => boolean;

function appMay(table: Table, columns: readonly Column[]): May {
  const rights = table.place === 'global' ? {} : rightsOf(table, columns);
  return (right, column) => {
    if (right === 'SELECT')
      return rights.select === 'all' || (column !== null && (rights.select ?? []).includes(column));
    if (right === 'INSERT') return rights.insert === true;
    if (right === 'UPDATE') return column !== null && (rights.update ?? []).includes(column);
    return right === 'DELETE' && rights.delete === true;
  };
}

function rightsOf(table: Table, columns: readonly Column[]): Rights {
  if (table.place === 'control') return appRights[table.name] ?? {};
  // Of tenant data everything but the key and what never changes may be updated.
  const fixed = immutableColumns[table.name] ?? [];
  const update = columns.filter(({ name, isKey }) => !isKey && !fixed.includes(name)).map(({ name }) => name);
  return { select: 'all', insert: true, update, delete: true };
}

function platformMay(table: Table): May {
  if (table.place === 'parent' || table.place === 'partition' || table.name === 'schema_migrations')
    return () => false;
  const allowed = (appendOnly as readonly string[]).includes(table.name)
    ? ['SELECT', 'INSERT']
    : ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  return (right) => allowed.includes(right);
}
