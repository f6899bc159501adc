import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { deliveries, deliveryRefusals } from '@/db/schema/deliveries';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { groupBy } from '@/lib/group-by';
import type { TenantContext } from '@/lib/tenancy/context';
import { hoursOf, toBins } from './rules';
import {
  type DeliveryHour,
  type DeliveryPeriod,
  type DeliveryQuery,
  type DeliveryRefusal,
  type KeyDeliveries,
  REFUSALS_SHOWN,
} from './schema';

/** What became of the traces that the tenant's keys sent, by hour and key, with the last refusals of each key. */
export async function listDeliveries(
  ctx: TenantContext,
  query: DeliveryQuery,
): Promise<{ deliveries: DeliveryHour[]; refusals: DeliveryRefusal[] }> {
  authorize(ctx, 'traces:read');
  return withTenant(ctx, async (db) => ({
    deliveries: await readHours(db, ctx, query),
    refusals: await readRefusals(db, ctx, query),
  }));
}

/** The same for the console: every key that sent something in the period, the busiest first, by name. */
export async function listKeyDeliveries(
  ctx: TenantContext,
  period: DeliveryPeriod,
): Promise<KeyDeliveries[]> {
  authorize(ctx, 'traces:read');
  const now = new Date();
  const hours = hoursOf(period, now);
  const found = await withTenant(ctx, async (db) => ({
    hours: await readHours(db, ctx, { ...hours, key: undefined }),
    refusals: await readRefusals(db, ctx, { ...hours, key: undefined }),
    keys: await db
      .select({
        id: apiKeys.id,
        name: apiKeys.name,
        revokedAt: apiKeys.revokedAt,
        expiresAt: apiKeys.expiresAt,
      })
      .from(apiKeys)
      .where(eq(apiKeys.tenantId, ctx.tenant.id)),
  }));
  const keys = new Map(found.keys.map((key) => [key.id, key]));
  const refusals = groupBy(found.refusals, ({ key_id }) => key_id);
  return [...groupBy(found.hours, ({ key_id }) => key_id)]
    .map(([keyId, ofKey]) => {
      const key = keys.get(keyId);
      return {
        keyId,
        name: key?.name ?? null,
        isAlive: key !== undefined && !key.revokedAt && (key.expiresAt === null || key.expiresAt > now),
        ...toBins(ofKey, period, hours),
        refusals: refusals.get(keyId) ?? [],
      };
    })
    .sort((a, b) => b.total.received - a.total.received);
}

async function readHours(
  db: Db,
  ctx: TenantContext,
  { from, to, key }: DeliveryQuery,
): Promise<DeliveryHour[]> {
  const total = (column: (typeof deliveries)['received' | 'stored' | 'updated' | 'refused']) =>
    sql<number>`sum(${column})::float8`;
  const rows = await db
    .select({
      key_id: deliveries.keyId,
      hour: deliveries.hour,
      received: total(deliveries.received),
      stored: total(deliveries.stored),
      updated: total(deliveries.updated),
      refused: total(deliveries.refused),
    })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.tenantId, ctx.tenant.id),
        gte(deliveries.hour, from),
        lt(deliveries.hour, to),
        key ? eq(deliveries.keyId, key) : undefined,
      ),
    )
    .groupBy(deliveries.hour, deliveries.keyId)
    .orderBy(deliveries.hour, deliveries.keyId);
  return rows.map((row) => ({ ...row, hour: row.hour.toISOString() }));
}

async function readRefusals(
  db: Db,
  ctx: TenantContext,
  { from, to, key }: DeliveryQuery,
): Promise<(DeliveryRefusal & { id: string })[]> {
  const ranked = db
    .select({
      key_id: deliveryRefusals.keyId,
      id: deliveryRefusals.id,
      at: deliveryRefusals.at,
      request_id: deliveryRefusals.requestId,
      trace_id: deliveryRefusals.traceId,
      code: deliveryRefusals.code,
      issues: deliveryRefusals.issues,
      place:
        sql<number>`row_number() over (partition by ${deliveryRefusals.keyId} order by ${deliveryRefusals.id} desc)`.as(
          'place',
        ),
    })
    .from(deliveryRefusals)
    .where(
      and(
        eq(deliveryRefusals.tenantId, ctx.tenant.id),
        gte(deliveryRefusals.at, from),
        lt(deliveryRefusals.at, to),
        key ? eq(deliveryRefusals.keyId, key) : undefined,
      ),
    )
    .as('ranked');
  const rows = await db
    .select()
    .from(ranked)
    .where(sql`${ranked.place} <= ${REFUSALS_SHOWN}`)
    .orderBy(desc(ranked.id));
  return rows.map(({ id, place: _, at, ...row }) => ({ ...row, id: String(id), at: at.toISOString() }));
}
