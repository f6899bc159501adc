import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { TableShape } from '@/db/export';
import { discardTenant, insertLines, type Overrides } from '@/db/import';
import { users } from '@/db/schema/people';
import { statsProgress } from '@/db/schema/stats';
import { tenants } from '@/db/schema/tenancy';
import { withOwner, withPlatform, withTenant } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { AppError } from '@/lib/errors';
import { newId, newRequestId } from '@/lib/ids';
import { logError } from '@/lib/log';
import { addMember } from '@/lib/members/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { announceTenantChange, type TenantEntry } from '@/lib/tenancy/directory';
import { createTenant } from '@/lib/tenants/mutations';
import { checkSlugAvailability } from '@/lib/tenants/queries';
import { openSeats } from '@/lib/usage/seats';
import { noteUnfiledWords } from '@/lib/words/mutations';
import type { ArchiveManifest } from '@/lib/workflows/export/schema';
import { describeHere, linesOf, readArchive, sumsOf, type VerifiedArchive, verifyArchive } from './queries';
import { refuse, tableOf } from './rules';
import type { ImportedTenant, ImportInput, ImportProgress } from './schema';

type Options = { report?: (progress: ImportProgress) => void; signal?: AbortSignal };

/** A person of the archive, as they are or will be here. `wasId` is their id in the archive. */
type Person = { wasId: string | null; id: string; email: string; name: string; isNew: boolean };

/**
 * Loads an archive as a new tenant under a new id. Until the last transaction the tenant is suspended and has no people;
 * when anything fails, or the signal is aborted, what was made is removed again. Throws AppError `invalid_input` or
 * `conflict` with the reason as a sentence, and whatever the database does.
 */
export async function importTenant(
  input: ImportInput,
  { report = () => {}, signal }: Options = {},
): Promise<ImportedTenant> {
  const archive = await verifyArchive(input.file, report);
  await makeRoom(input);
  const people = await matchPeople(archive, input.adminEmail);
  const ctx = await openTenant(input, archive.manifest);
  try {
    const rows = await loadRows(ctx, input.file, archive, people, { report, signal });
    signal?.throwIfAborted();
    await noteUnfiledWords(ctx);
    const admins = await openDoors(ctx, archive, people, { adminEmail: input.adminEmail, rows });
    return {
      id: ctx.tenant.id,
      slug: ctx.tenant.slug,
      rows: rows + archive.members.length,
      people: people.length,
      newPeople: people.filter((person) => person.isNew).length,
      admins,
    };
  } catch (error) {
    await removeTenant(ctx.tenant).catch((reason) => logError(reason, 'a failed import was not removed'));
    throw error;
  }
}

/** Sees to it that the slug can be had. What a killed import left under it is removed when that is wished. */
async function makeRoom({ slug, discardUnfinished }: ImportInput): Promise<void> {
  const unfinished = await findUnfinished(slug);
  if (unfinished && discardUnfinished) await removeTenant(unfinished);
  else if (unfinished)
    throw new AppError(
      'conflict',
      `An import as ${slug} has not finished. If none is running, remove what it left with --discard-unfinished.`,
    );
  const { available, reason } = await checkSlugAvailability(slug);
  if (!available) throw new AppError('conflict', `The slug ${slug} cannot be used. ${reason}`);
}

async function findUnfinished(slug: string): Promise<{ id: string; slug: string } | null> {
  const rows = await withPlatform((db) =>
    db.execute<{ id: string; slug: string }>(sql`
      select t.id, t.slug from tenants t where t.slug = ${slug} and t.status = 'suspended'
        and exists (select from audit_log a
          where a.tenant_id = t.id and a.target_id = t.id::text and a.action = 'tenant.import')
        and not exists (select from audit_log a
          where a.tenant_id = t.id and a.target_id = t.id::text and a.action = 'tenant.import_finish')`),
  );
  return rows[0] ?? null;
}

async function removeTenant(tenant: { id: string; slug: string }): Promise<void> {
  await discardTenant(tenant.id);
  await withPlatform((db) => announceTenantChange(db, { id: tenant.id, slugs: [tenant.slug] }));
}

/** The archive's people, and the wished admin, with the accounts that they have here or will get at the end. */
async function matchPeople({ members }: VerifiedArchive, adminEmail: string | undefined): Promise<Person[]> {
  const wanted = members.map((member) => ({
    wasId: member.user_id as string | null,
    email: member.user_email,
    name: member.user_name,
  }));
  if (adminEmail && !wanted.some(({ email }) => email === adminEmail))
    wanted.push({ wasId: null, email: adminEmail, name: adminEmail.split('@')[0] ?? adminEmail });
  const emails = wanted.map(({ email }) => email);
  const known =
    emails.length === 0
      ? []
      : await withPlatform((db) =>
          db.select({ id: users.id, email: users.email }).from(users).where(inArray(users.email, emails)),
        );
  const idOf = new Map(known.map(({ email, id }) => [email, id]));
  return wanted.map((person) => ({
    ...person,
    id: idOf.get(person.email) ?? newId(),
    isNew: !idOf.has(person.email),
  }));
}

/** The tenant with its schema, suspended until it is filled. The plan comes along, because it says what is kept. */
async function openTenant(input: ImportInput, manifest: ArchiveManifest): Promise<TenantContext> {
  const by = { actor: { kind: 'system', name: 'import' } as const, requestId: newRequestId() };
  const tenant = await withOwner(async (db): Promise<TenantEntry> => {
    const named = { id: newId(), slug: input.slug, name: input.name ?? manifest.tenant.name };
    const created = { ...(await createTenant(db, named, by)), status: 'suspended' as const };
    await db
      .update(tenants)
      .set({ status: created.status, plan: manifest.tenant.plan })
      .where(eq(tenants.id, created.id));
    const { tenant: from, exported_at } = manifest;
    await emit(
      db,
      { tenant: created, ...by },
      {
        action: 'tenant.import',
        target: { kind: 'tenant', id: created.id },
        after: { fromId: from.id, fromSlug: from.slug, exportedAt: exported_at },
      },
    );
    return created;
  });
  return { tenant, ...by };
}

/** What some columns get instead of what the archive says. `people` maps ids of people from there to here. */
const importedAs: Record<string, (people: SQL) => Overrides> = {
  // A key without its secret: nobody can have one that hashes to this. It is there for the history, and revoked.
  api_keys: (people) => ({
    created_by: sql`(${people} ->> r.created_by::text)::uuid`,
    secret_hash: sql`sha256(gen_random_uuid()::text::bytea)`,
    revoked_at: sql`coalesce(r.revoked_at, now())`,
  }),
  // An invitation whose link nobody has. It is there for the history, and revoked.
  invitations: (people) => ({
    token_hash: sql`encode(sha256(gen_random_uuid()::text::bytea), 'hex')`,
    invited_by: sql`(${people} ->> r.invited_by::text)::uuid`,
    accepted_by: sql`(${people} ->> r.accepted_by::text)::uuid`,
    revoked_at: sql`case when r.accepted_at is null then coalesce(r.revoked_at, now()) else r.revoked_at end`,
  }),
  audit_log: (people) => ({
    actor_id: sql`case r.actor_kind when 'user' then coalesce(${people} ->> r.actor_id, r.actor_id) else r.actor_id end`,
    target_id: sql`case r.target_kind when 'user' then coalesce(${people} ->> r.target_id, r.target_id) else r.target_id end`,
  }),
};

/** Every table but the memberships, part by part, each in a transaction; answers how many rows there were. */
async function loadRows(
  ctx: TenantContext,
  file: string,
  { manifest }: VerifiedArchive,
  people: readonly Person[],
  { report, signal }: Required<Pick<Options, 'report'>> & Options,
): Promise<number> {
  const shapes = new Map((await describeHere()).map((table) => [table.name, table]));
  const stated = new Map(manifest.tables.map((table) => [table.name, table]));
  const sums = new Map(manifest.tables.flatMap(({ parts }) => parts.map((part) => [part.file, part])));
  const total = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const ids = Object.fromEntries(people.flatMap(({ wasId, id }) => (wasId ? [[wasId, id]] : [])));
  const map = sql`${JSON.stringify(ids)}::jsonb`;
  let rows = 0;
  for await (const { name, content } of readArchive(file)) {
    signal?.throwIfAborted();
    const shape = shapes.get(tableOf(name) ?? '');
    const columns = stated.get(shape?.name ?? '')?.columns;
    if (!shape || !columns || shape.name === 'memberships') continue;
    if (sumsOf(content).sha256 !== sums.get(name)?.sha256)
      throw refuse('The archive was changed while it was loaded.');
    rows += await loadPart(ctx, shape, { columns, lines: linesOf(content) }, importedAs[shape.name]?.(map));
    report({ phase: 'load', rows, total });
  }
  const wanted = total - (stated.get('memberships')?.rows ?? 0);
  if (rows !== wanted) throw new Error(`${rows} rows were loaded where the archive has ${wanted}`);
  return rows;
}

/** Tenant data goes through the tenant's own door; control tables are written by the login that may. */
function loadPart(
  ctx: TenantContext,
  shape: TableShape,
  rows: { columns: readonly string[]; lines: readonly string[] },
  overrides?: Overrides,
): Promise<number> {
  const tenantId = ctx.tenant.id;
  if (shape.kind === 'data')
    return withTenant(ctx, (db) => insertLines(db, shape, { ...rows, tenantId }, overrides));
  return withPlatform((db) => insertLines(db, shape, { ...rows, tenantId }, overrides));
}

/** The last transaction: people and their roles come in, and the tenant is open. Answers how many admins it has. */
async function openDoors(
  ctx: TenantContext,
  { manifest, members }: VerifiedArchive,
  people: readonly Person[],
  { adminEmail, rows }: { adminEmail: string | undefined; rows: number },
): Promise<number> {
  const shape = (await describeHere()).find(({ name }) => name === 'memberships');
  if (!shape) throw new Error('there are no memberships');
  const columns = manifest.tables.find(({ name }) => name === 'memberships')?.columns ?? [];
  const idOf = new Map(people.map(({ wasId, id }) => [wasId, id]));
  const ids = sql`${JSON.stringify(Object.fromEntries(idOf))}::jsonb`;
  const admin = people.find(({ email }) => email === adminEmail);
  return withPlatform(async (db) => {
    const strangers = people.filter(({ isNew }) => isNew).map(({ id, email, name }) => ({ id, email, name }));
    if (strangers.length > 0) await db.insert(users).values(strangers);
    await insertLines(
      db,
      shape,
      { tenantId: ctx.tenant.id, columns, lines: members.map(({ line }) => line) },
      {
        user_id: sql`(${ids} ->> r.user_id::text)::uuid`,
        role: sql`case when r.user_id::text = ${admin?.wasId ?? ''}::text then 'admin' else r.role end`,
      },
    );
    await openSeats(
      db,
      ctx.tenant.id,
      members.flatMap((member) => idOf.get(member.user_id) ?? []),
    );
    if (admin && !admin.wasId) await addMember(db, ctx, { userId: admin.id, role: 'admin' });
    // Whatever a rollup made of the tenant while it was half full is made anew.
    await db.delete(statsProgress).where(eq(statsProgress.tenantId, ctx.tenant.id));
    await db.update(tenants).set({ status: 'active' }).where(eq(tenants.id, ctx.tenant.id));
    await emit(db, ctx, {
      action: 'tenant.import_finish',
      target: { kind: 'tenant', id: ctx.tenant.id },
      after: { rows, people: people.length },
    });
    await announceTenantChange(db, { id: ctx.tenant.id, slugs: [ctx.tenant.slug] });
    return (
      members.filter(({ role, user_id }) => role === 'admin' && user_id !== admin?.wasId).length +
      (admin ? 1 : 0)
    );
  });
}
