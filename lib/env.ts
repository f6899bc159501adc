import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * The environment, read and checked in this one place. `npm start` fills what is missing with embedded defaults;
 * in production a missing secret stops the start with its name.
 */
const secret = z.string().min(32, 'expected at least 32 characters of randomness');

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  HOST: z.string().min(1).optional(),
  ROOT_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
      'expected a host name with an optional port, such as ragtoolkit.app',
    )
    .refine((host) => Number(/:(\d+)$/.exec(host)?.[1] ?? 1) <= 65_535, 'expected a port up to 65535')
    .default('ragtoolkit.localhost:3000'),
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'expected postgres://user:password@host:port/database',
  }),
  DATABASE_ROLE_SECRET: secret,
  AUTH_SECRET: secret,
  API_KEY_SECRETS: z
    .string()
    .regex(
      /^\d{1,3}:[\w-]{32,}(,\d{1,3}:[\w-]{32,})*$/,
      'expected version:secret pairs, such as 1:<32 or more characters>, separated by commas',
    ),
  RAGTOOLKIT_EMBEDDED: z.enum(['0', '1']).default('0'),
  TRUSTED_PROXIES: z
    .string()
    .refine(
      (list) => splitList(list).every((ip) => isIP(ip) > 0),
      'expected IP addresses separated by commas',
    )
    .default(''),
  OPERATOR_EMAILS: z
    .string()
    .toLowerCase()
    .refine(
      (list) => splitList(list).every((email) => z.email().safeParse(email).success),
      'expected e-mail addresses separated by commas',
    )
    .default(''),
  METRICS_TOKEN: z.string().min(16, 'expected at least 16 characters').optional(),
  RAGTOOLKIT_API_KEY: z
    .string()
    .min(16, 'expected at least 16 characters')
    .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces: it travels in a header')
    // It would be taken for a signed key, and refused as a forged one.
    .refine(
      (key) => !key.startsWith('rtk_'),
      'expected the predecessor’s key, which does not begin with rtk_',
    )
    .optional(),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GITHUB_URL: z
    .url({ protocol: /^https?$/, error: 'expected an address such as https://github.com' })
    .optional(),
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  GOOGLE_ISSUER: z
    .url({ protocol: /^https?$/, error: 'expected an address such as https://accounts.google.com' })
    .optional(),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'expected smtp://user:password@host:port, or smtps://…' })
    .optional(),
  MAIL_FROM: z.string().min(3).optional(),
  RATE_LIMIT_STORE: z.enum(['memory', 'redis', 'upstash'], 'expected memory, redis or upstash').optional(),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'expected redis://user:password@host:port, or rediss://…' })
    .optional(),
  UPSTASH_REDIS_REST_URL: z
    .url({ protocol: /^https?$/, error: 'expected an address such as https://name.upstash.io' })
    .optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1).optional(),
  RATE_LIMIT_INSTANCES: z.coerce
    .number('expected a whole number from 1')
    .int('expected a whole number from 1')
    .min(1, 'expected a whole number from 1')
    .max(1_000, 'expected at most 1000')
    .default(1),
  RATE_LIMIT_OVERRIDES: z
    .string()
    .regex(
      /^[\w:-]+=[1-9]\d{0,8}\/[1-9]\d{0,5}(\/[1-9]\d{0,8})?(,[\w:-]+=[1-9]\d{0,8}\/[1-9]\d{0,5}(\/[1-9]\d{0,8})?)*$/,
      'expected policy=limit/seconds, or policy=limit/seconds/burst, with whole numbers from 1, such as sign-in:ip=60/60, separated by commas',
    )
    .optional(),
  CRON_SECRET: z.string().min(16, 'expected at least 16 characters').optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, 'expected a secret key of Stripe, such as sk_test_…')
    .optional(),
  STRIPE_LIVE: z.enum(['true', 'false'], 'expected true or false').default('false'),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+$/, 'expected the signing secret of the webhook endpoint, such as whsec_…')
    .optional(),
  STRIPE_PUBLISHABLE_KEY: z
    .string()
    .regex(/^pk_(test|live)_\w+$/, 'expected a publishable key of Stripe, such as pk_test_…')
    .optional(),
  STRIPE_API_URL: z
    .url({ protocol: /^https?$/, error: 'expected an address such as http://127.0.0.1:12111' })
    .optional(),
  STRIPE_AUTOMATIC_TAX: z.enum(['true', 'false'], 'expected true or false').default('false'),
  STRIPE_TAX_IDS: z.enum(['true', 'false'], 'expected true or false').default('false'),
  STRIPE_SANDBOX_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  STRIPE_SANDBOX_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** What each variable means, for the README: a test keeps its table the same as this one. */
export const documentation = {
  NODE_ENV: { meaning: 'set by the commands', fallback: '`production`' },
  PORT: { meaning: 'port of the server', fallback: '`3000`' },
  HOST: {
    meaning: 'address to listen on',
    fallback: 'loopback with the embedded database, otherwise every address',
  },
  ROOT_DOMAIN: {
    meaning: 'domain below which tenants live, with its port where it shows one',
    fallback: '`ragtoolkit.localhost:<PORT>`',
  },
  DATABASE_URL: {
    meaning:
      'PostgreSQL 15 or newer, as a login that owns the database and may create roles; not through a transaction pooler',
    fallback: 'the embedded PostgreSQL',
  },
  DATABASE_ROLE_SECRET: {
    meaning: 'the passwords of the three logins are derived from it',
    fallback: 'generated into `.data/`',
  },
  AUTH_SECRET: {
    meaning: 'encrypts session cookies and second factors',
    fallback: 'generated into `.data/`',
  },
  API_KEY_SECRETS: {
    meaning:
      'sign API keys: `version:secret` pairs separated by commas; the highest version signs, all verify',
    fallback: 'generated into `.data/`',
  },
  RAGTOOLKIT_EMBEDDED: {
    meaning: '`1` also seeds demo data and shows mails at `/dev/mail`; never in production',
    fallback: '`1` with the embedded database',
  },
  TRUSTED_PROXIES: {
    meaning: 'IP addresses of proxies whose `X-Forwarded-*` headers are believed, separated by commas',
    fallback: 'none',
  },
  OPERATOR_EMAILS: {
    meaning:
      'addresses of people who run the platform at `cloud.<ROOT_DOMAIN>/admin`, separated by commas; each counts once its owner has confirmed it',
    fallback: 'those who are made operators there',
  },
  METRICS_TOKEN: {
    meaning: 'lets `/api/metrics` be read as `Authorization: Bearer <token>`',
    fallback: 'no metrics',
  },
  RAGTOOLKIT_API_KEY: {
    meaning: 'the key of a single-tenant predecessor: it acts as admin of the workspace `default`',
    fallback: 'no such key',
  },
  GITHUB_CLIENT_ID: { meaning: 'OAuth app for signing in with GitHub', fallback: 'not offered' },
  GITHUB_CLIENT_SECRET: { meaning: 'its secret', fallback: 'not offered' },
  GITHUB_URL: { meaning: 'address of a GitHub Enterprise Server', fallback: '`https://github.com`' },
  GOOGLE_CLIENT_ID: { meaning: 'OAuth client for signing in with Google', fallback: 'not offered' },
  GOOGLE_CLIENT_SECRET: { meaning: 'its secret', fallback: 'not offered' },
  GOOGLE_ISSUER: {
    meaning: 'another OpenID Connect provider in Google’s place',
    fallback: '`https://accounts.google.com`',
  },
  SMTP_URL: {
    meaning: 'mail server: `smtp://user:password@host:port`, or `smtps://…`',
    fallback: 'mails stay in the outbox',
  },
  MAIL_FROM: { meaning: 'sender of all mails', fallback: '`RAG Toolkit <no-reply@ROOT_DOMAIN>`' },
  RATE_LIMIT_STORE: {
    meaning:
      'where limits are counted: `memory` (each process for itself), `redis` or `upstash` (all processes together)',
    fallback: 'the one whose address is set, otherwise `memory`',
  },
  REDIS_URL: {
    meaning: 'Redis 6.2 or newer for rate limits: `redis://user:password@host:port`, or `rediss://…`',
    fallback: 'no Redis',
  },
  UPSTASH_REDIS_REST_URL: { meaning: 'Upstash Redis for rate limits', fallback: 'no Upstash' },
  UPSTASH_REDIS_REST_TOKEN: { meaning: 'its token', fallback: 'no Upstash' },
  RATE_LIMIT_INSTANCES: {
    meaning: 'processes that share a Redis: while it is away, each has this part of every limit',
    fallback: '`1`',
  },
  RATE_LIMIT_OVERRIDES: {
    meaning:
      'other limits than those of `lib/rate-limit/policies.ts`: `policy=limit/seconds` or `policy=limit/seconds/burst`, separated by commas',
    fallback: 'those of the table',
  },
  CRON_SECRET: {
    meaning:
      'lets a scheduler call `/api/cron/metering` as `Authorization: Bearer <secret>`, where no process lives on',
    fallback: 'that address refuses everybody; the process’s own timer does the work',
  },
  STRIPE_SECRET_KEY: {
    meaning: 'Stripe: `sk_test_…` for its test mode, or a restricted key `rk_…`',
    fallback: 'a sandbox on loopback with the embedded database, otherwise no billing',
  },
  STRIPE_LIVE: {
    meaning: '`true` lets a live key move real money',
    fallback: '`false`: a live key stops the start',
  },
  STRIPE_WEBHOOK_SECRET: {
    meaning: 'signs what Stripe sends to `/api/webhooks/stripe`',
    fallback: 'that address refuses everything; changes are seen once a night',
  },
  STRIPE_PUBLISHABLE_KEY: {
    meaning: 'shows Checkout within the page, by a script of Stripe’s',
    fallback: 'Checkout is a page of Stripe’s',
  },
  STRIPE_API_URL: {
    meaning: 'where test mode’s API is, in place of Stripe’s own address: a proxy, or a stand-in',
    fallback: '`https://api.stripe.com`',
  },
  STRIPE_AUTOMATIC_TAX: { meaning: '`true` has Stripe Tax add tax', fallback: '`false`' },
  STRIPE_TAX_IDS: { meaning: '`true` asks companies for their tax id at Checkout', fallback: '`false`' },
  STRIPE_SANDBOX_PORT: {
    meaning: 'port of the sandbox’s pages, on loopback',
    fallback: 'the one after `PORT`, or another where that is taken',
  },
  STRIPE_SANDBOX_FILE: {
    meaning: 'what the sandbox knows outlives the process in this file',
    fallback: '`.data/stripe-sandbox.jsonl` with `npm start`, otherwise nothing outlives it',
  },
  LOG_LEVEL: {
    meaning: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
    fallback: '`info`',
  },
} as const satisfies Record<keyof typeof schema.shape, { meaning: string; fallback: string }>;

export type Env = {
  mode: 'development' | 'production' | 'test';
  /** Port of the HTTP server. */
  port: number;
  /** Address to listen on; undefined is every one. Embedded, with its well-known passwords, listens on loopback alone. */
  host: string | undefined;
  /** Host (with port, where it is not the scheme's own) below which every surface lives. */
  rootDomain: string;
  /** http only below *.localhost; https everywhere else. */
  scheme: 'http' | 'https';
  /** The administrator's URL: migrations connect with it; the three logins take its host and database. */
  databaseUrl: string;
  databaseRoleSecret: string;
  authSecret: string;
  /** Signing secrets of API keys by version (1–255); the highest signs, all verify. */
  apiKeySecrets: ReadonlyMap<number, string>;
  /** True under `npm start` without configuration: demo data, the mailbox at /dev/mail. */
  embedded: boolean;
  /** Peers whose X-Forwarded-* headers are believed, as IP addresses. */
  trustedProxies: ReadonlySet<string>;
  /** Addresses of operators, in lower case. */
  operatorEmails: ReadonlySet<string>;
  /** What reads the metrics; undefined shows them to nobody. */
  metricsToken: string | undefined;
  /** The key of a single-tenant predecessor, or undefined. */
  legacyApiKey: string | undefined;
  /** Sign-in providers that are set up. `url` is where the provider is; undefined is its usual place. */
  providers: Partial<Record<'github' | 'google', { id: string; secret: string; url: string | undefined }>>;
  /** The mail server; undefined keeps mails in the outbox. */
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Where limits are counted. */
  rateLimitStore:
    | { name: 'memory' }
    | { name: 'redis'; url: string }
    | { name: 'upstash'; url: string; token: string };
  /** Processes that share the limits. */
  rateLimitInstances: number;
  /** Limits that this installation has instead of those of lib/rate-limit/policies.ts, by policy. */
  rateLimitOverrides: ReadonlyMap<string, { limit: number; windowSeconds: number; burst: number }>;
  /** What a scheduler shows; undefined lets none in. */
  cronSecret: string | undefined;
  /** Stripe itself; undefined is the sandbox where all is embedded, and no billing elsewhere. */
  stripe:
    | {
        secretKey: string;
        mode: 'test' | 'live';
        webhookSecret: string | undefined;
        publishableKey: string | undefined;
        /** In place of Stripe's own address. */
        apiUrl: URL | undefined;
      }
    | undefined;
  /** What Checkout does about taxes. */
  stripeTax: { automatic: boolean; ids: boolean };
  /** Where the sandbox listens on loopback; undefined takes the port after the server’s. */
  stripeSandboxPort: number | undefined;
  /** Where the sandbox keeps what it knows; undefined is in memory alone. */
  stripeSandboxFile: string | undefined;
  logLevel: string;
};

/** Reads and checks an environment. Throws an Error whose message names every variable that is wrong and what is expected. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `  ${name}: ${given[name] === undefined ? 'is not set' : issue.message}`;
    });
    throw new Error(`The environment is not complete:\n${lines.join('\n')}`);
  }
  const value = result.data;
  const hostname = value.ROOT_DOMAIN.replace(/:\d+$/, '');
  const versions = value.API_KEY_SECRETS.split(',').map((pair) => {
    const colon = pair.indexOf(':');
    return [Number(pair.slice(0, colon)), pair.slice(colon + 1)] as const;
  });
  const numbers = versions.map(([version]) => version);
  if (new Set(numbers).size < numbers.length || numbers.some((version) => version < 1 || version > 255)) {
    throw new Error(
      'The environment is not complete:\n  API_KEY_SECRETS: versions are numbers from 1 to 255, each given once',
    );
  }
  return {
    mode: value.NODE_ENV,
    port: value.PORT,
    host: value.HOST ?? (value.RAGTOOLKIT_EMBEDDED === '1' ? '127.0.0.1' : undefined),
    rootDomain: value.ROOT_DOMAIN,
    scheme: hostname === 'localhost' || hostname.endsWith('.localhost') ? 'http' : 'https',
    databaseUrl: value.DATABASE_URL,
    databaseRoleSecret: value.DATABASE_ROLE_SECRET,
    authSecret: value.AUTH_SECRET,
    apiKeySecrets: new Map(versions),
    embedded: value.RAGTOOLKIT_EMBEDDED === '1',
    trustedProxies: new Set(splitList(value.TRUSTED_PROXIES)),
    operatorEmails: new Set(splitList(value.OPERATOR_EMAILS)),
    metricsToken: value.METRICS_TOKEN,
    legacyApiKey: value.RAGTOOLKIT_API_KEY,
    providers: {
      ...providerOf('github', 'GITHUB', value.GITHUB_CLIENT_ID, value.GITHUB_CLIENT_SECRET, value.GITHUB_URL),
      ...providerOf(
        'google',
        'GOOGLE',
        value.GOOGLE_CLIENT_ID,
        value.GOOGLE_CLIENT_SECRET,
        value.GOOGLE_ISSUER,
      ),
    },
    smtpUrl: value.SMTP_URL,
    mailFrom: value.MAIL_FROM ?? `RAG Toolkit <no-reply@${hostname}>`,
    rateLimitStore: rateLimitStoreOf(value),
    rateLimitInstances: value.RATE_LIMIT_INSTANCES,
    rateLimitOverrides: new Map(
      (value.RATE_LIMIT_OVERRIDES ?? '')
        .split(',')
        .filter(Boolean)
        .map((pair) => {
          const [name = '', limit, seconds, burst = limit] = pair.split(/[=/]/);
          return [name, { limit: Number(limit), windowSeconds: Number(seconds), burst: Number(burst) }];
        }),
    ),
    cronSecret: value.CRON_SECRET,
    stripe: stripeOf(value),
    stripeTax: { automatic: value.STRIPE_AUTOMATIC_TAX === 'true', ids: value.STRIPE_TAX_IDS === 'true' },
    stripeSandboxPort: value.STRIPE_SANDBOX_PORT,
    stripeSandboxFile: value.STRIPE_SANDBOX_FILE,
    logLevel: value.LOG_LEVEL,
  };
}

/** Real money moves only where that is said twice; keys of two modes together are a mistake. */
function stripeOf(value: {
  STRIPE_SECRET_KEY?: string | undefined;
  STRIPE_LIVE: string;
  STRIPE_WEBHOOK_SECRET?: string | undefined;
  STRIPE_PUBLISHABLE_KEY?: string | undefined;
  STRIPE_API_URL?: string | undefined;
}): Env['stripe'] {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_PUBLISHABLE_KEY: publishableKey } = value;
  const wrong = (line: string) => new Error(`The environment is not complete:\n  ${line}`);
  if (!secretKey) {
    if (publishableKey) throw wrong('STRIPE_SECRET_KEY: is not set, though STRIPE_PUBLISHABLE_KEY is');
    if (value.STRIPE_API_URL) throw wrong('STRIPE_SECRET_KEY: is not set, though STRIPE_API_URL is');
    return undefined;
  }
  const mode = secretKey.includes('_live_') ? 'live' : 'test';
  if (mode === 'live' && value.STRIPE_LIVE !== 'true')
    throw wrong('STRIPE_SECRET_KEY: is a live key, which is refused unless STRIPE_LIVE=true');
  if (publishableKey && !publishableKey.startsWith(`pk_${mode}_`))
    throw wrong(`STRIPE_PUBLISHABLE_KEY: is not of the ${mode} mode, as STRIPE_SECRET_KEY is`);
  if (mode === 'live' && value.STRIPE_API_URL)
    throw wrong('STRIPE_API_URL: is set, and a live key is sent to nobody but Stripe');
  const apiUrl = value.STRIPE_API_URL ? new URL(value.STRIPE_API_URL) : undefined;
  return { secretKey, mode, webhookSecret: value.STRIPE_WEBHOOK_SECRET, publishableKey, apiUrl };
}

/** The store that is asked for, or whose address is set. What is set and would not be used is a mistake. */
function rateLimitStoreOf(value: {
  RATE_LIMIT_STORE?: Env['rateLimitStore']['name'] | undefined;
  REDIS_URL?: string | undefined;
  UPSTASH_REDIS_REST_URL?: string | undefined;
  UPSTASH_REDIS_REST_TOKEN?: string | undefined;
}): Env['rateLimitStore'] {
  const { REDIS_URL: redis, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = value;
  const wrong = (line: string) => new Error(`The environment is not complete:\n  ${line}`);
  if ((url === undefined) !== (token === undefined))
    throw wrong(`UPSTASH_REDIS_REST_${url ? 'TOKEN' : 'URL'}: is not set, though its pair is`);
  if (!value.RATE_LIMIT_STORE && redis && url)
    throw wrong('RATE_LIMIT_STORE: is not set, though REDIS_URL and UPSTASH_REDIS_REST_URL both are');
  const name = value.RATE_LIMIT_STORE ?? (url ? 'upstash' : redis ? 'redis' : 'memory');
  if (name === 'memory') return { name };
  if (name === 'redis') {
    if (!redis) throw wrong('REDIS_URL: is not set, though RATE_LIMIT_STORE is redis');
    return { name, url: redis };
  }
  if (!url || !token) throw wrong('UPSTASH_REDIS_REST_URL: is not set, though RATE_LIMIT_STORE is upstash');
  return { name, url, token };
}

/** Half of a pair is a mistake, and not a provider that is not offered. */
function providerOf(
  name: 'github' | 'google',
  prefix: string,
  id: string | undefined,
  secret: string | undefined,
  url: string | undefined,
): Env['providers'] {
  if (!id && !secret) return {};
  if (id && secret) return { [name]: { id, secret, url } };
  const missing = `${prefix}_CLIENT_${id ? 'SECRET' : 'ID'}`;
  throw new Error(`The environment is not complete:\n  ${missing}: is not set, though its pair is`);
}

function splitList(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

let cached: Env | undefined;

/** The process's environment, read once on first use: a build needs none of it. */
export function env(): Env {
  if (!cached) {
    cached = parseEnv(process.env);
    // next-auth reads this one itself; the hosts it then trusts are those the gateway has already checked.
    process.env.AUTH_TRUST_HOST = '1';
  }
  return cached;
}
