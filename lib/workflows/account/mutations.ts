import { eq } from 'drizzle-orm';
import { users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { emitForPerson } from '@/lib/audit/emit-for-person';
import type { Session } from '@/lib/auth/sessions';

/** Changes the signed-in person's name. The same name again changes nothing. */
export async function renamePerson(session: Session, { name }: { name: string }): Promise<{ name: string }> {
  if (name === session.name) return { name };
  return withPlatform(async (db) => {
    await db.update(users).set({ name }).where(eq(users.id, session.userId));
    await emitForPerson(db, session, {
      action: 'user.rename',
      before: { name: session.name },
      after: { name },
    });
    return { name };
  });
}
