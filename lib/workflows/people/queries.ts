import { and, desc, eq, gt, ilike, isNull, or, sql } from 'drizzle-orm';
import { sessions, users } from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { isOperatorNow } from '@/lib/auth/operators';
import { AppError } from '@/lib/errors';
import { isUuid } from '@/lib/ids';
import type { OperatorContext } from '@/lib/tenancy/context';
import { PEOPLE_SHOWN, type PersonDetail, type PersonRow } from './schema';

/** People by name, address or id; without a text those who came last. */
export async function searchPeople(ctx: OperatorContext, text: string | undefined): Promise<PersonRow[]> {
  authorizeOperator(ctx);
  const pattern = `%${(text ?? '').replace(/[\\%_]/g, '\\$&')}%`;
  const id = text?.toLowerCase() ?? '';
  const rows = await withPlatform((db) =>
    db
      .select(personColumns())
      .from(users)
      .where(
        isUuid(id)
          ? eq(users.id, id)
          : text
            ? or(ilike(users.email, pattern), ilike(users.name, pattern))
            : undefined,
      )
      .orderBy(desc(users.createdAt))
      .limit(PEOPLE_SHOWN),
  );
  return rows.map(toRow);
}

/** One person with their tenants and open sessions. Throws AppError `not_found`. */
export async function getPerson(ctx: OperatorContext, userId: string): Promise<PersonDetail> {
  authorizeOperator(ctx);
  return withPlatform(async (db) => {
    const [row] = isUuid(userId)
      ? await db
          .select({
            ...personColumns(),
            disabledAt: users.disabledAt,
            hasSecondFactor: sql<boolean>`exists (
              select from second_factors f where f.user_id = users.id and f.confirmed_at is not null)`,
          })
          .from(users)
          .where(eq(users.id, userId))
      : [];
    if (!row) throw new AppError('not_found', 'There is no such person.');
    const { tenants: _, ...person } = toRow(row);
    const { id, slug, name } = tenants;
    const belongs = await db
      .select({ id, slug, name, role: memberships.role, lastActiveAt: memberships.lastActiveAt })
      .from(memberships)
      .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
      .where(eq(memberships.userId, userId))
      .orderBy(slug);
    const open = await db
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, sql`now()`)))
      .orderBy(sql`${sessions.lastSeenAt} desc nulls last`)
      .limit(50);
    return {
      ...person,
      disabled_at: row.disabledAt?.toISOString() ?? null,
      has_second_factor: row.hasSecondFactor,
      tenants: belongs.map(({ lastActiveAt, ...one }) => ({
        ...one,
        last_active_at: lastActiveAt?.toISOString() ?? null,
      })),
      sessions: open.map((session) => ({
        id: session.id,
        method: session.method,
        created_at: session.createdAt.toISOString(),
        last_seen_at: session.lastSeenAt?.toISOString() ?? null,
        ip: session.lastSeenIp ?? session.ip,
        user_agent: session.userAgent,
      })),
    };
  });
}

/** By their full names in SQL: of a single table Drizzle leaves them out, and `id` would be another table's. */
function personColumns() {
  return {
    user_id: users.id,
    name: users.name,
    email: users.email,
    is_confirmed: sql<boolean>`${users.emailVerifiedAt} is not null`,
    is_operator: isOperatorNow(),
    is_disabled: sql<boolean>`${users.disabledAt} is not null`,
    tenants: sql<number>`(select count(*) from memberships m where m.user_id = users.id)::int`,
    createdAt: users.createdAt,
    lastSeenAt:
      sql<Date | null>`(select max(s.last_seen_at) from sessions s where s.user_id = users.id)`.mapWith(
        sessions.lastSeenAt,
      ),
  };
}

function toRow({
  createdAt,
  lastSeenAt,
  ...row
}: Omit<PersonRow, 'created_at' | 'last_seen_at'> & { createdAt: Date; lastSeenAt: Date | null }): PersonRow {
  const { user_id, name, email, is_confirmed, is_operator, is_disabled, tenants: count } = row;
  return {
    ...{ user_id, name, email, is_confirmed, is_operator, is_disabled, tenants: count },
    created_at: createdAt.toISOString(),
    last_seen_at: lastSeenAt?.toISOString() ?? null,
  };
}
