import { and, eq } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { providerAccounts, users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { proveAddress } from './address-proof';
import type { ProviderId } from './providers';
import { emailSchema, personNameSchema } from './schema';

/** Whom a provider says somebody is. `email` is an address that the provider has verified, or null. */
export type ProviderIdentity = {
  provider: ProviderId;
  /** The provider's own id of the person. */
  accountId: string;
  email: string | null;
  name: string | null;
};

type Person = { id: string; email: string; emailVerifiedAt: Date | null; disabledAt: Date | null };

/** The person whose account at a provider this is, or null when it has never been linked. */
export async function findPersonByAccount(
  account: Pick<ProviderIdentity, 'provider' | 'accountId'>,
  db: Db = pool('platform').db,
): Promise<Person | null> {
  const [row] = await db
    .select({
      id: users.id,
      email: users.email,
      emailVerifiedAt: users.emailVerifiedAt,
      disabledAt: users.disabledAt,
    })
    .from(providerAccounts)
    .innerJoin(users, eq(users.id, providerAccounts.userId))
    .where(
      and(eq(providerAccounts.provider, account.provider), eq(providerAccounts.accountId, account.accountId)),
    );
  return row ?? null;
}

/**
 * The person behind a provider's account: by the account itself, otherwise by its verified address, which links the two
 * for good. Somebody who is not known yet is made, without a password. Null when the account is not linked and the
 * provider vouches for no address. None of the provider's tokens come here.
 */
export async function findOrLinkPerson(identity: ProviderIdentity): Promise<Person | null> {
  return withPlatform(async (db) => {
    const linked = await findPersonByAccount(identity, db);
    if (linked) return linked;
    const email = emailSchema.safeParse(identity.email);
    if (!email.success) return null;
    const userId = await findOrMakePerson(db, email.data, identity.name);
    await proveAddress(db, userId);
    const { provider, accountId } = identity;
    // Of two sign-ins at once the first links.
    await db
      .insert(providerAccounts)
      .values({ provider, accountId, userId, email: email.data })
      .onConflictDoNothing();
    return findPersonByAccount(identity, db);
  });
}

async function findOrMakePerson(db: Db, email: string, name: string | null): Promise<string> {
  const made = await db
    .insert(users)
    .values({ id: newId(), email, name: toPersonName(name, email), emailVerifiedAt: new Date() })
    .onConflictDoNothing({ target: users.email })
    .returning({ id: users.id });
  const [person] =
    made.length > 0 ? made : await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!person) throw new Error('the person was erased in this very moment');
  return person.id;
}

/** The name that the provider gives, as far as it can be one of ours; otherwise what stands before the @. */
function toPersonName(name: string | null, email: string): string {
  const given = personNameSchema.safeParse([...(name ?? '')].slice(0, 80).join('').slice(0, 80));
  return given.success ? given.data : email.slice(0, Math.max(1, email.lastIndexOf('@'))).slice(0, 80);
}
