import { and, asc, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { deliveries, deliveryRefusals } from '@/db/schema/deliveries';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { groupBy } from '@/lib/group-by';
import type { TenantContext } from '@/lib/tenancy/context';
import { fillHours } from './rules';
import {
  type DeliveryHour,
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

/** The same for the console: every key that sent something in the period or can send, the busiest first, by name. */
export async function listKeyDeliveries(
  ctx: TenantContext,
  period: Pick<DeliveryQuery, 'from' | 'to'>,
): Promise<KeyDeliveries[]> {
  authorize(ctx, 'traces:read');
  const query = { ...period, key: undefined };
  const { hours, refusals, keys } = await withTenant(ctx, async (db) => ({
    hours: await readHours(db, ctx, query),
    refusals: await readRefusals(db, ctx, query),
    keys: await db
      .select({
        id: apiKeys.id,
        name: apiKeys.name,
        revokedAt: apiKeys.revokedAt,
        expiresAt: apiKeys.expiresAt,
      })
      .from(apiKeys)
      .where(eq(apiKeys.tenantId, ctx.tenant.id))
      .orderBy(asc(apiKeys.createdAt)),
  }));
  const byKey = groupBy(hours, ({ key_id }) => key_id);
  const refusalsOf = groupBy(refusals, ({ key_id }) => key_id);
  const known = new Map(keys.map((key) => [key.id, key]));
  const now = Date.now();
  const isDead = (id: string) => {
    const key = known.get(id);
    return !key || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt.getTime() <= now);
  };
  return [...byKey]
    .map(([keyId, ofKey]) => ({
      keyId,
      name: known.get(keyId)?.name ?? null,
      isRevoked: isDead(keyId),
      ...fillHours(ofKey, period),
      refusals: (refusalsOf.get(keyId) ?? []).map(({ at, request_id, trace_id, code, issues }) => ({
        ...{ at, requestId: request_id, traceId: trace_id, code, issues },
      })),
    }))
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
): Promise<DeliveryRefusal[]> {
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
  return rows.map(({ id, place, at, ...row }) => ({ ...row, at: at.toISOString() }));
}
