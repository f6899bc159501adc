import { describe, expect, test } from 'vitest';
import { parseEnv } from '@/lib/env';

const secret = 's'.repeat(32);
const complete = {
  DATABASE_URL: 'postgres://user:word@db.example:5432/rag',
  DATABASE_ROLE_SECRET: secret,
  AUTH_SECRET: secret,
  API_KEY_SECRETS: `1:${secret}`,
};

describe('parseEnv', () => {
  test('fills everything but database and secrets', () => {
    expect(parseEnv(complete)).toMatchObject({
      mode: 'production',
      port: 3000,
      host: undefined,
      rootDomain: 'ragtoolkit.localhost:3000',
      scheme: 'http',
      embedded: false,
      trustedProxies: new Set(),
      logLevel: 'info',
      apiKeySecrets: new Map([[1, secret]]),
    });
  });

  test.each(Object.keys(complete))('names %s when it is missing, and when it is empty', (name) => {
    for (const value of [undefined, ''])
      expect(() => parseEnv({ ...complete, [name]: value })).toThrow(
        new RegExp(`^ {2}${name}: is not set$`, 'm'),
      );
  });

  test('names everything that is missing at once', () => {
    const message = messageOf({});
    for (const name of Object.keys(complete)) expect(message).toContain(`${name}: is not set`);
  });

  test('speaks to Stripe by a key of one mode, and to another address in test mode alone', () => {
    const test = { ...complete, STRIPE_SECRET_KEY: 'sk_test_1' };
    const live = { ...complete, STRIPE_SECRET_KEY: 'rk_live_1' };
    const api = { STRIPE_API_URL: 'http://127.0.0.1:12111' };
    expect(parseEnv(complete).stripe).toBeUndefined();
    expect(parseEnv(test).stripe).toMatchObject({ mode: 'test', apiUrl: undefined });
    expect(parseEnv({ ...test, ...api }).stripe).toMatchObject({ apiUrl: new URL(api.STRIPE_API_URL) });
    expect(parseEnv({ ...live, STRIPE_LIVE: 'true' }).stripe).toMatchObject({ mode: 'live' });
    expect(messageOf(live)).toContain('refused unless STRIPE_LIVE=true');
    expect(messageOf({ ...live, STRIPE_LIVE: 'true', ...api })).toContain('STRIPE_API_URL: is set');
    expect(messageOf({ ...test, STRIPE_PUBLISHABLE_KEY: 'pk_live_1' })).toContain('STRIPE_PUBLISHABLE_KEY');
    for (const alone of [api, { STRIPE_PUBLISHABLE_KEY: 'pk_test_1' }])
      expect(messageOf({ ...complete, ...alone })).toContain('STRIPE_SECRET_KEY: is not set');
  });

  test.each([
    ['NODE_ENV', 'staging'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['PORT', 'http'],
    ['ROOT_DOMAIN', 'https://ragtoolkit.app'],
    ['ROOT_DOMAIN', 'ragtoolkit.app/'],
    ['ROOT_DOMAIN', '.ragtoolkit.app'],
    ['ROOT_DOMAIN', 'ragtoolkit.app:'],
    ['ROOT_DOMAIN', '*.ragtoolkit.app'],
    ['DATABASE_URL', 'mysql://user:word@db.example/rag'],
    ['DATABASE_URL', 'db.example:5432'],
    ['DATABASE_ROLE_SECRET', 'short'],
    ['AUTH_SECRET', 's'.repeat(31)],
    ['STRIPE_SECRET_KEY', 'pk_test_1'],
    ['STRIPE_API_URL', 'ftp://stripe.example'],
    ['RATE_LIMIT_STORE', 'memcached'],
    ['REDIS_URL', 'http://redis.example:6379'],
    ['UPSTASH_REDIS_REST_URL', 'redis://redis.example:6379'],
    ['RATE_LIMIT_INSTANCES', '0'],
    ['RATE_LIMIT_INSTANCES', '-1'],
    ['RATE_LIMIT_INSTANCES', '1.5'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=0/1'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=-1/1'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=200'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=200/0'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=200/1/0'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=200/1,'],
    ['RATE_LIMIT_OVERRIDES', 'tenant=many/1'],
    ['API_KEY_SECRETS', secret],
    ['API_KEY_SECRETS', '1:short'],
    ['API_KEY_SECRETS', `1:${secret},`],
    ['API_KEY_SECRETS', `1:${secret};2:${secret}`],
    ['API_KEY_SECRETS', `0:${secret}`],
    ['API_KEY_SECRETS', `256:${secret}`],
    ['API_KEY_SECRETS', `-1:${secret}`],
    ['RAGTOOLKIT_EMBEDDED', 'yes'],
    ['LOG_LEVEL', 'verbose'],
    ['RAGTOOLKIT_API_KEY', 'fifteen-letters'],
    ['RAGTOOLKIT_API_KEY', `rtk_${'A'.repeat(76)}`],
    ['RAGTOOLKIT_API_KEY', 'rtk_pub_and-anything'],
    ['RAGTOOLKIT_API_KEY', 'a key with spaces in it'],
    ['RAGTOOLKIT_API_KEY', 'schlüssel-mit-umlaut'],
  ])('names %s when it is %s', (name, value) => {
    expect(messageOf({ ...complete, [name]: value })).toMatch(new RegExp(`^ {2}${name}: .+`, 'm'));
  });

  test('never repeats a secret in its message', () => {
    const message = messageOf({ ...complete, AUTH_SECRET: 'hunter2-hunter2', API_KEY_SECRETS: 'hunter2' });
    expect(message).not.toContain('hunter2');
  });

  test('knows the scheme from the root domain', () => {
    const scheme = (ROOT_DOMAIN: string) => parseEnv({ ...complete, ROOT_DOMAIN }).scheme;
    expect(scheme('ragtoolkit.app')).toBe('https');
    expect(scheme('ragtoolkit.app:8443')).toBe('https');
    expect(scheme('localhost:3000')).toBe('http');
    expect(scheme('rag.localhost')).toBe('http');
    expect(scheme('localhost.example')).toBe('https');
    expect(scheme('notlocalhost')).toBe('https');
  });

  test('lower-cases the root domain', () => {
    expect(parseEnv({ ...complete, ROOT_DOMAIN: 'RagToolkit.App' }).rootDomain).toBe('ragtoolkit.app');
  });

  test('listens on loopback alone when embedded, unless told', () => {
    expect(parseEnv({ ...complete, RAGTOOLKIT_EMBEDDED: '1' }).host).toBe('127.0.0.1');
    expect(parseEnv({ ...complete, RAGTOOLKIT_EMBEDDED: '1', HOST: '0.0.0.0' }).host).toBe('0.0.0.0');
  });

  test('reads lists: proxies and the versions of signing secrets', () => {
    const parsed = parseEnv({
      ...complete,
      TRUSTED_PROXIES: ' 10.0.0.1, 10.0.0.2 ,,',
      API_KEY_SECRETS: `1:${secret},255:${'t'.repeat(40)}`,
    });
    expect([...parsed.trustedProxies]).toEqual(['10.0.0.1', '10.0.0.2']);
    expect([...parsed.apiKeySecrets]).toEqual([
      [1, secret],
      [255, 't'.repeat(40)],
    ]);
  });
});

function messageOf(source: Record<string, string>): string {
  try {
    parseEnv(source);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the store of rate limits', () => {
  const redis = { REDIS_URL: 'redis://:word@redis.example:6379/2' };
  const upstash = {
    UPSTASH_REDIS_REST_URL: 'https://name.upstash.example',
    UPSTASH_REDIS_REST_TOKEN: 'token',
  };
  const storeOf = (given: Record<string, string>) => parseEnv({ ...complete, ...given }).rateLimitStore;

  test('is the one whose address is set, and memory without any', () => {
    expect(storeOf({})).toEqual({ name: 'memory' });
    expect(storeOf(redis)).toEqual({ name: 'redis', url: redis.REDIS_URL });
    expect(storeOf(upstash)).toEqual({
      name: 'upstash',
      url: 'https://name.upstash.example',
      token: 'token',
    });
  });

  test('is the one that is named, where there are several', () => {
    expect(storeOf({ ...redis, ...upstash, RATE_LIMIT_STORE: 'redis' })).toMatchObject({ name: 'redis' });
    expect(storeOf({ ...redis, RATE_LIMIT_STORE: 'memory' })).toEqual({ name: 'memory' });
  });

  test.each([
    ['RATE_LIMIT_STORE', { ...redis, ...upstash }],
    ['REDIS_URL', { RATE_LIMIT_STORE: 'redis' }],
    ['UPSTASH_REDIS_REST_URL', { RATE_LIMIT_STORE: 'upstash' }],
    ['UPSTASH_REDIS_REST_TOKEN', { UPSTASH_REDIS_REST_URL: 'https://name.upstash.example' }],
    ['UPSTASH_REDIS_REST_URL', { UPSTASH_REDIS_REST_TOKEN: 'token' }],
  ])('that cannot be told names %s', (setting, given) => {
    expect(() => storeOf(given)).toThrow(new RegExp(`^ {2}${setting}: `, 'm'));
  });
});

test('overrides of rate limits say limit, seconds and burst', () => {
  const given = 'tenant=400/1,sign-in:ip=60/30/90';
  expect(parseEnv({ ...complete, RATE_LIMIT_OVERRIDES: given }).rateLimitOverrides).toEqual(
    new Map([
      ['tenant', { limit: 400, windowSeconds: 1, burst: 400 }],
      ['sign-in:ip', { limit: 60, windowSeconds: 30, burst: 90 }],
    ]),
  );
});
