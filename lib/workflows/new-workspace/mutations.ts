import type { Db } from '@/db/client';
import { withOwner } from '@/db/tenant';
import { insertApiKey } from '@/lib/api-keys/mutations';
import type { Session } from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { createTenant } from '@/lib/tenants/mutations';
import type { NewWorkspace } from './schema';

/** A new workspace with its first API key, which is in this answer and nowhere else. */
export type MadeWorkspace = { tenant: TenantEntry; apiKey: string };

/**
 * Makes a further workspace for a signed-in person, who becomes its admin, in one transaction of the owner login: all of
 * it or nothing. Throws AppError `conflict` with the field `slug` when that is taken; of two at once one gets it.
 */
export async function createWorkspace(
  session: Session,
  input: NewWorkspace,
  requestId: string,
): Promise<MadeWorkspace> {
  return withOwner((db) => makeWorkspace(db, session, input, requestId));
}

/** The tenant with its schema, the person as admin and a first API key, inside the caller's transaction of the owner login. */
export async function makeWorkspace(
  db: Db,
  person: { userId: string; email: string; name: string },
  input: NewWorkspace,
  requestId: string,
): Promise<MadeWorkspace> {
  const { userId, email, name } = person;
  const actor = { kind: 'user', userId, email, name, role: 'admin' } as const;
  const tenant = await createTenant(
    db,
    { id: newId(), slug: input.slug, name: input.tenantName },
    { actor, requestId },
  );
  const ctx = { tenant, actor, requestId };
  await addMember(db, ctx, { userId, role: 'admin' });
  const { key } = await insertApiKey(db, ctx, { name: 'First key' });
  return { tenant, apiKey: key };
}
