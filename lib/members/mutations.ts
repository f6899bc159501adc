import type { Db } from '@/db/client';
import { memberships } from '@/db/schema/tenancy';
import { emit } from '@/lib/audit/emit';
import type { Role } from '@/lib/auth/schema';
import type { TenantContext } from '@/lib/tenancy/context';

/** Makes a person a member of the tenant, inside the caller's transaction. Throws the unique violation when they are one. */
export async function addMember(
  db: Db,
  ctx: TenantContext,
  member: { userId: string; role: Role },
): Promise<void> {
  await db.insert(memberships).values({ tenantId: ctx.tenant.id, ...member });
  await emit(db, ctx, {
    action: 'member.add',
    target: { kind: 'user', id: member.userId },
    after: { role: member.role },
  });
}
