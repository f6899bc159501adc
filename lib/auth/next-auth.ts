import 'server-only';
import { eq } from 'drizzle-orm';
import type { NextAuthOptions } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import type { EmailConfig } from 'next-auth/providers/email';
import { type Db, pool } from '@/db/client';
import { credentials, users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { safeReturnUrl } from '@/lib/gateway/hosts';
import { logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { signInLinkMail } from '@/lib/mail/templates';
import { verifyPassword } from './passwords';
import { emailSchema, passwordSchema, type SignInMethod } from './schema';
import { SESSION_MAX_AGE, sessionCookie } from './session-cookie';
import { openSession, revokeSession } from './sessions';
import { verificationTokenAdapter } from './verification-tokens';

const LINK_MAX_AGE = 60 * 60;

/** How people sign in. Made per call, because the environment is not there while the app is built. */
export function nextAuthOptions(): NextAuthOptions {
  return {
    secret: env().authSecret,
    session: { strategy: 'jwt', maxAge: SESSION_MAX_AGE },
    cookies: { sessionToken: sessionCookie() },
    pages: { signIn: '/login', error: '/login', verifyRequest: '/login' },
    adapter: verificationTokenAdapter(),
    providers: [passwordProvider(), linkProvider()],
    callbacks: {
      // The cookie names a session row; all else is read from the database at each request.
      jwt: async ({ token, user, account }) => {
        if (!user) return token;
        const method = methodOf(account?.provider);
        return withPlatform(async (db) => ({ ...(await openSession(db, user.id, { method })) }));
      },
      session: ({ session }) => ({ expires: session.expires }),
      // A link for a person we do not know was never mailed; a made-up one ends here.
      signIn: async ({ user, account, email }) =>
        account?.type !== 'email' ||
        email?.verificationRequest === true ||
        (await findUserByEmail(user.email ?? '')) !== null,
      redirect: ({ url, baseUrl }) => new URL(safeReturnUrl(url, '/'), baseUrl).toString(),
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.sid === 'string') await revokeSession(token.sid);
      },
    },
    logger: {
      error: (code, metadata) => {
        const error = metadata instanceof Error ? metadata : metadata.error;
        if (error) logError(error, `next-auth: ${code}`);
      },
      warn: () => {},
      debug: () => {},
    },
  };
}

function methodOf(provider: string | undefined): SignInMethod {
  if (provider === 'github' || provider === 'google') return provider;
  return provider === 'email' ? 'link' : 'password';
}

function passwordProvider() {
  return Credentials({
    credentials: { email: {}, password: {} },
    async authorize(given) {
      const email = emailSchema.safeParse(given?.email);
      const password = passwordSchema.safeParse(given?.password);
      const [row] = email.success
        ? await pool('platform')
            .db.select({ id: users.id, email: users.email, hash: credentials.passwordHash })
            .from(users)
            .leftJoin(credentials, eq(credentials.userId, users.id))
            .where(eq(users.email, email.data))
        : [];
      const fits = await verifyPassword(password.success ? password.data : '', row?.hash ?? null);
      return fits && row ? { id: row.id, email: row.email } : null;
    },
  });
}

/** Sign-in by a mailed link. Whether the person exists shows in their mailbox only. */
function linkProvider(): EmailConfig {
  return {
    id: 'email',
    type: 'email',
    name: 'Email',
    server: '',
    from: '',
    maxAge: LINK_MAX_AGE,
    options: {},
    async sendVerificationRequest({ identifier, url }) {
      const link = new URL(url);
      // The gateway has set the host that next-auth built this from; a link to anywhere else is never mailed.
      if (safeReturnUrl(url, '') === '') throw new Error('A sign-in link to a host that is not ours');
      await withPlatform(async (db) => {
        if (await findUserByEmail(identifier, db))
          await queueMail(db, signInLinkMail(identifier, link.toString(), link.host));
      });
    },
  };
}

async function findUserByEmail(
  email: string,
  db: Db = pool('platform').db,
): Promise<{ id: string; email: string } | null> {
  const [row] = await db
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(eq(users.email, email.toLowerCase()));
  return row ?? null;
}
