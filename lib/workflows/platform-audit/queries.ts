import { sql } from 'drizzle-orm';
import { isoTime } from '@/db/iso-time';
import { withPlatform } from '@/db/tenant';
import { titleOfAction } from '@/lib/audit/actions';
import { authorizeOperator } from '@/lib/auth/authorize';
import type { OperatorContext } from '@/lib/tenancy/context';
import { decodeCursor, encodeCursor } from '@/lib/workflows/audit-log/rules';
import { PLATFORM_AUDIT_PER_PAGE, type PlatformAuditFilter, type PlatformAuditPage } from './schema';

type Row = {
  source: 'platform' | 'tenant';
  id: string;
  at: string;
  actor_kind: string;
  actor_id: string | null;
  actor_name: string | null;
  action: string;
  target_kind: string;
  target_id: string;
  tenant_id: string | null;
  slug: string | null;
  reason: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  ip: string | null;
  request_id: string | null;
};

/**
 * What operators have done, the newest first: the platform's own log together with their rows in the logs of tenants. Those
 * of a tenant that is erased have gone with it.
 */
export async function listPlatformAudit(
  ctx: OperatorContext,
  { q, cursor }: PlatformAuditFilter,
): Promise<PlatformAuditPage> {
  authorizeOperator(ctx);
  const place = decodeCursor(cursor);
  const before = place ? sql`and (at, id) < (${place.at}::timestamptz, ${place.id}::bigint)` : sql``;
  const pattern = q ? `%${q.replace(/[\\%_]/g, '\\$&')}%` : null;
  const inPlatform = pattern
    ? sql`and concat_ws(' ', actor_name, action, target_id, reason, after ->> 'email') ilike ${pattern}`
    : sql``;
  const inTenants = pattern
    ? sql`and concat_ws(' ', actor_email, action, target_id, after ->> 'reason') ilike ${pattern}`
    : sql``;
  const size = PLATFORM_AUDIT_PER_PAGE + 1;
  const rows = await withPlatform((db) =>
    db.execute<Row>(sql`
      select r.*, t.slug, ${isoTime(sql`r.moment`, { exact: true })} as at from (
        (select 'platform' as source, id::text, at as moment, actor_kind, actor_id, actor_name, action, target_kind,
            target_id, null::uuid as tenant_id, reason, before, after, ip, request_id
          from platform_audit where true ${before} ${inPlatform} order by at desc, id desc limit ${size})
        union all
        (select 'tenant', id::text, at, actor_kind, actor_id, actor_email, action, target_kind,
            target_id, tenant_id, after ->> 'reason', before, after - 'reason', ip, request_id
          from audit_log where actor_kind = 'operator' ${before} ${inTenants} order by at desc, id desc limit ${size})
      ) r left join tenants t on t.id = r.tenant_id
      order by r.moment desc, r.id::bigint desc limit ${size}`),
  );
  const shown = rows.slice(0, PLATFORM_AUDIT_PER_PAGE);
  const last = rows.length > PLATFORM_AUDIT_PER_PAGE ? shown.at(-1) : undefined;
  return {
    entries: shown.map((row) => ({
      id: `${row.source}-${row.id}`,
      at: row.at,
      action: row.action,
      title: titleOfAction(row.action),
      actor: {
        kind: row.actor_kind,
        id: row.actor_id ?? '',
        name: row.actor_name ?? 'By key, or from a shell',
      },
      tenant: row.tenant_id ? { id: row.tenant_id, slug: row.slug } : null,
      target: { kind: row.target_kind, id: row.target_id },
      reason: row.reason,
      before: row.before,
      after: row.after && Object.keys(row.after).length > 0 ? row.after : null,
      ip: row.ip,
      requestId: row.request_id,
    })),
    nextCursor: last ? encodeCursor({ at: last.at, id: last.id }) : null,
  };
}
