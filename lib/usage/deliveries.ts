import { randomInt } from 'node:crypto';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { executePrepared } from '@/db/prepared';
import { deliveryRefusals } from '@/db/schema/deliveries';
import type { ErrorCode, Issue } from '@/lib/errors';
import { groupBy } from '@/lib/group-by';

/** What became of the traces that one key sent. `received` is counted where they arrive, the others where they end. */
export type DeliveryCounts = { received: number; stored: number; updated: number; refused: number };

/** One refused trace, or one whole request: `traceId` is null where no id could be read. */
export type Refusal = { traceId: string | null; code: ErrorCode; issues: readonly Issue[] };

/** A refusal with who met it. `at` is when, by this process's clock. */
export type KeyRefusal = Refusal & { keyId: string; requestId: string; at: Date };

/** Of one refusal so many issues are kept, and so many characters of each. */
const ISSUES_KEPT = 5;
const ISSUE_CHARACTERS = 300;
/** The last refusals that are kept of each key. */
export const REFUSALS_KEPT = 100;
/** Rows of one hour and key, among which processes are spread. */
const WRITERS = 16;

// Both of the process's bundles add to the same row.
const WRITER = Symbol.for('ragtoolkit.deliveries.writer');
const globals = globalThis as { [WRITER]?: number };

function writer(): number {
  globals[WRITER] ??= randomInt(WRITERS);
  return globals[WRITER];
}

/**
 * Adds to the ledger inside the caller's transaction: what a key's traces of this transaction came to, and the reasons
 * of those that were refused. A key's counts must add up: the database refuses what does not.
 */
export async function writeDeliveries(
  db: Db,
  tenantId: string,
  counts: ReadonlyMap<string, DeliveryCounts>,
  refusals: readonly KeyRefusal[] = [],
): Promise<void> {
  await addDeliveryCounts(
    db,
    tenantId,
    [...counts].map(([keyId, count]) => ({ ...count, keyId })),
  );
  await addRefusals(db, tenantId, refusals);
}

/**
 * Adds counts inside the caller's transaction, to the current hour of the database's clock unless one is given. A key's hour
 * may be named once. One statement whose text does not change with them: every transaction that stores traces runs it.
 */
export async function addDeliveryCounts(
  db: Db,
  tenantId: string,
  counts: readonly (DeliveryCounts & { keyId: string; hour?: Date })[],
): Promise<void> {
  if (counts.length === 0) return;
  await executePrepared(
    db,
    sql`
    insert into deliveries as d (tenant_id, hour, key_id, writer, received, stored, updated, refused)
      select ${tenantId}::uuid, coalesce(hour, date_trunc('hour', now(), 'UTC')), "keyId", ${writer()}::smallint, received, stored,
        updated, refused
      from json_to_recordset(${JSON.stringify(counts)}::text::json) as sent("keyId" uuid, hour timestamptz, received int,
        stored int, updated int, refused int)
      order by 3, 2 -- in one order, so that two writers never wait in a circle
      on conflict (tenant_id, hour, key_id, writer) do update set received = d.received + excluded.received,
        stored = d.stored + excluded.stored, updated = d.updated + excluded.updated, refused = d.refused + excluded.refused`,
  );
}

/** Writes reasons inside the caller's transaction, and forgets those of each key that are no longer among its last. */
export async function addRefusals(db: Db, tenantId: string, refusals: readonly KeyRefusal[]): Promise<void> {
  if (refusals.length === 0) return;
  const byKey = groupBy(refusals, ({ keyId }) => keyId);
  const last = [...byKey.values()].flatMap((ofKey) => ofKey.slice(-REFUSALS_KEPT));
  await db
    .insert(deliveryRefusals)
    .values(last.map((refusal) => ({ ...cut(refusal), issues: [...cut(refusal).issues], tenantId })));
  for (const keyId of byKey.keys()) {
    const own = and(eq(deliveryRefusals.tenantId, tenantId), eq(deliveryRefusals.keyId, keyId));
    const oldest = db
      .select({ id: deliveryRefusals.id })
      .from(deliveryRefusals)
      .where(own)
      .orderBy(desc(deliveryRefusals.id))
      .offset(REFUSALS_KEPT);
    await db.delete(deliveryRefusals).where(and(own, inArray(deliveryRefusals.id, oldest)));
  }
}

/** A refusal as it is kept: no more of it than a reader needs. */
export function cut(refusal: KeyRefusal): KeyRefusal {
  const issues = refusal.issues.slice(0, ISSUES_KEPT).map(({ path, message }) => ({
    path: path.slice(0, ISSUE_CHARACTERS),
    message: message.slice(0, ISSUE_CHARACTERS),
  }));
  return { ...refusal, issues };
}
