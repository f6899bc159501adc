import 'server-only';
import { eq } from 'drizzle-orm';
import { after, NextRequest } from 'next/server';
import NextAuth, { type NextAuthOptions, type User } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import type { EmailConfig } from 'next-auth/providers/email';
import { type Db, pool } from '@/db/client';
import { credentials, users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import { parseHost, safeReturnUrl, urlOf } from '@/lib/gateway/hosts';
import { currentClient, logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { signInLinkMail } from '@/lib/mail/templates';
import { assertAttempt } from './attempts';
import { verifyPassword } from './passwords';
import { findOrLinkPerson } from './provider-accounts';
import { oauthProviders, type ProviderId } from './providers';
import { emailSchema, limitedCode, passwordSchema, type SignInError, type SignInMethod } from './schema';
import { SESSION_MAX_AGE, type SessionToken, sessionCookie } from './session-cookie';
import { openSession, revokeSession } from './sessions';
import { discardVerificationTokens, verificationTokenAdapter } from './verification-tokens';

const LINK_MAX_AGE = 60 * 60;

type Route = { params: Promise<{ nextauth: string[] }> };

/** Answers everything below /api/auth. */
export async function answerSignIn(request: NextRequest, route: Route): Promise<Response> {
  const [action, provider = ''] = (await route.params).nextauth;
  const { searchParams } = request.nextUrl;
  // Who cancels at the provider comes back with this; next-auth cannot tell it from a failure.
  if (action === 'callback' && provider !== 'email' && searchParams.get('error') === 'access_denied')
    return new Response(null, { status: 302, headers: { location: errorPath('Denied') } });
  const options = nextAuthOptions({
    onCloud: parseHost(request.headers.get('host')).surface === 'cloud',
    returnTo: request.cookies.get(returnCookieName())?.value,
  });
  return NextAuth(withoutHostileQuery(request) as never, route as never, options);
}

/**
 * How people sign in. Made per call, because the environment is not there while the app is built. Providers start and end
 * at cloud alone. `returnTo` is where the sign-in under way leads, for the login page to go on with after an error.
 */
export function nextAuthOptions({
  onCloud = false,
  returnTo,
}: {
  onCloud?: boolean;
  returnTo?: string | undefined;
} = {}): NextAuthOptions {
  const next = safeReturnUrl(returnTo, '');
  return {
    secret: env().authSecret,
    session: { strategy: 'jwt', maxAge: SESSION_MAX_AGE },
    cookies: { sessionToken: sessionCookie() },
    pages: {
      signIn: '/login',
      error: next ? `/login?callbackUrl=${encodeURIComponent(next)}` : '/login',
      verifyRequest: '/login',
    },
    adapter: verificationTokenAdapter(),
    providers: [passwordProvider(), linkProvider(), ...(onCloud ? oauthProviders() : [])],
    callbacks: {
      // The cookie names a session row; all else is read from the database at each request.
      jwt: async ({ token, user, account }) => {
        if (!user) return token;
        const opened =
          (user as SignedIn).session ??
          (await withPlatform((db) => openSession(db, user.id, { method: methodOf(account?.provider) })));
        return { ...opened };
      },
      session: ({ session }) => ({ expires: session.expires }),
      signIn: async ({ user, account, email }) => {
        if (account?.type === 'oauth') {
          const { provider, providerAccountId: accountId } = account;
          return refusedAs(async () => {
            await assertAttempt({ 'sign-in:ip': currentClient().ip });
            const { email: address = null, name = null } = user;
            const identity = { provider: provider as ProviderId, accountId, email: address, name };
            const person = await findOrLinkPerson(identity);
            if (person?.disabledAt) return urlOf('cloud', errorPath('Disabled'));
            return person ? true : urlOf('cloud', errorPath('NoVerifiedEmail'));
          });
        }
        if (account?.type !== 'email') return true;
        if (email?.verificationRequest === true)
          return refusedAs(async () => {
            await assertAttempt({ 'mail:ip': currentClient().ip, 'mail:account': user.email ?? null });
            return true;
          });
        // A link for a person we do not know was never mailed; a made-up one ends here.
        const person = await findUserByEmail(user.email ?? '');
        return person?.disabledAt ? urlOf('cloud', errorPath('Disabled')) : person !== null;
      },
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

/** A person whose session was opened together with the check of their password. */
type SignedIn = User & { session?: SessionToken };

function passwordProvider() {
  return Credentials({
    credentials: { email: {}, password: {} },
    authorize: (given) =>
      signInWithPassword(given).catch((error: unknown) => {
        throw new Error(codeOf(error)); // next-auth puts the message into an address
      }),
  });
}

async function signInWithPassword(given: Record<string, unknown> | undefined): Promise<SignedIn | null> {
  const email = emailSchema.safeParse(given?.email);
  const password = passwordSchema.safeParse(given?.password);
  await assertAttempt({
    'sign-in:ip': currentClient().ip,
    'sign-in:account': email.success ? email.data : null,
  });
  const [row] = email.success
    ? await pool('platform')
        .db.select({ id: users.id, email: users.email, hash: credentials.passwordHash })
        .from(users)
        .leftJoin(credentials, eq(credentials.userId, users.id))
        .where(eq(users.email, email.data))
    : [];
  const fits = await verifyPassword(password.success ? password.data : '', row?.hash ?? null);
  if (!fits || !row) return null;
  return withPlatform(async (db) => {
    // Hashing takes long: the password may have been changed meanwhile, and all sessions ended with it.
    const [current] = await db
      .select({ hash: credentials.passwordHash })
      .from(credentials)
      .where(eq(credentials.userId, row.id))
      .for('share');
    if (current?.hash !== row.hash) return null;
    return { id: row.id, email: row.email, session: await openSession(db, row.id, { method: 'password' }) };
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
      // Once the answer has left, so that the time it took does not tell who has an account.
      after(() =>
        mailLink(identifier, link).catch((error: unknown) =>
          logError(error, 'a sign-in link was not mailed'),
        ),
      );
    },
  };
}

async function mailLink(email: string, link: URL): Promise<void> {
  await withPlatform(async (db) => {
    if (await findUserByEmail(email, db))
      await queueMail(db, signInLinkMail(email, link.toString(), link.host));
    else await discardVerificationTokens(db, email); // nobody can follow them
  });
}

async function findUserByEmail(
  email: string,
  db: Db = pool('platform').db,
): Promise<{ id: string; email: string; disabledAt: Date | null } | null> {
  const [row] = await db
    .select({ id: users.id, email: users.email, disabledAt: users.disabledAt })
    .from(users)
    .where(eq(users.email, email.toLowerCase()));
  return row ?? null;
}

function methodOf(provider: string | undefined): SignInMethod {
  if (provider === 'github' || provider === 'google') return provider;
  return provider === 'email' ? 'link' : 'password';
}

/** Runs a decision of next-auth's `signIn`; what it throws becomes the address that tells the person. */
async function refusedAs(decide: () => Promise<true | string>): Promise<true | string> {
  try {
    return await decide();
  } catch (error) {
    return urlOf('cloud', errorPath(codeOf(error)));
  }
}

/** The code that a login page knows a failure by; what is not expected is logged and tells nothing. */
function codeOf(error: unknown): string {
  if (error instanceof AppError && error.code === 'rate_limited') return limitedCode(error.retryAfter ?? 60);
  if (error instanceof AppError && error.code === 'forbidden') return 'Disabled' satisfies SignInError;
  logError(error, 'a sign-in failed');
  return 'Unavailable' satisfies SignInError;
}

/** Where next-auth leads after an error: from there to the login page, with the address that was asked for. */
function errorPath(code: SignInError | (string & {})): string {
  return `/api/auth/error?error=${encodeURIComponent(code)}`;
}

/** The cookie in which next-auth keeps where a sign-in leads. */
function returnCookieName(): string {
  return `${env().scheme === 'https' ? '__Secure-' : ''}next-auth.callback-url`;
}

/**
 * The request without what a stranger could have put into its address: next-auth passes the query of a POST on to the
 * provider, and takes a return address that is none for a fault of the server.
 */
function withoutHostileQuery(request: NextRequest): NextRequest {
  const url = new URL(request.nextUrl.href);
  if (request.method === 'POST') url.search = '';
  const target = url.searchParams.get('callbackUrl');
  if (target !== null && safeReturnUrl(target, '') === '') url.searchParams.delete('callbackUrl');
  return url.search === request.nextUrl.search ? request : new NextRequest(url, request);
}
