import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** A person. Global: what they may do where is told by memberships. E-mail addresses are stored in lower case. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  isOperator: boolean('is_operator').notNull().default(false),
  emailVerifiedAt: timestamp('email_verified_at', { withTimezone: true }),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  /** Set by an operator: nothing of theirs works, neither sessions nor the keys that they have made. */
  disabledAt: timestamp('disabled_at', { withTimezone: true }),
});

/** Password hashes (argon2id), apart from users so that the app login cannot read them. */
export const credentials = pgTable('credentials', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  passwordHash: text('password_hash').notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});

/**
 * A sign-in. The cookie carries its id; revoking the row ends it at the next request. While `secondFactorPending` it is
 * worth nothing but the question for the code.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
    secondFactorPending: boolean('second_factor_pending').notNull().default(false),
    /** How it was begun: `password`, `link`, `github`, `google`, `sign-up`, `invitation`. */
    method: text(),
    /** Where it was begun, and where it was last used: for the person's own list. Written at most once a minute. */
    ip: text(),
    userAgent: text('user_agent'),
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }),
    lastSeenIp: text('last_seen_ip'),
  },
  (t) => [index('sessions_user').on(t.userId)],
);

/** A person's account at a sign-in provider. None of the provider's tokens are kept: they are used once, to ask who it is. */
export const providerAccounts = pgTable(
  'provider_accounts',
  {
    provider: text({ enum: ['github', 'google'] }).notNull(),
    /** The provider's own id of the person, which does not change with their address. */
    accountId: text('account_id').notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The address that the provider gave when the account was linked. */
    email: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.accountId] }),
    index('provider_accounts_user').on(t.userId),
    check('provider_accounts_provider_known', sql`${t.provider} in ('github', 'google')`),
  ],
);

/** A person's TOTP second factor (RFC 6238). The secret is encrypted; it counts once a first code has confirmed it. */
export const secondFactors = pgTable('second_factors', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  secretEncrypted: text('secret_encrypted').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
  /** The time step of the last code that was taken: a code works once (RFC 6238, 5.2). */
  lastStep: bigint('last_step', { mode: 'number' }),
});

/** Single-use codes for who has lost the second factor, as SHA-256. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    codeHash: text('code_hash').notNull(),
    usedAt: timestamp('used_at', { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.userId, t.codeHash] })],
);

/** Single-use tokens of mailed links that change something about a person, as SHA-256. Taken out by the first use. */
export const personTokens = pgTable(
  'person_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    purpose: text({ enum: ['verify-email', 'reset-password', 'change-email'] }).notNull(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The address that the mail went to, and that following the link proves. */
    email: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [
    index('person_tokens_user').on(t.userId, t.purpose),
    check(
      'person_tokens_purpose_known',
      sql`${t.purpose} in ('verify-email', 'reset-password', 'change-email')`,
    ),
  ],
);

/** Single-use tokens of mailed links, as next-auth hashes them. */
export const verificationTokens = pgTable(
  'verification_tokens',
  {
    identifier: text().notNull(),
    token: text().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.identifier, t.token] })],
);
