/**
 * The environment of the tests. Secrets and the database may come from the runner; without it, unit tests run alone with
 * these. What tests name in their assertions (hosts above all) is the same wherever they run.
 */
const defaults: Record<string, string> = {
  DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/nowhere',
  DATABASE_ROLE_SECRET: 'f'.repeat(40),
  AUTH_SECRET: 'auth-secret-of-the-tests-0123456789abcdef',
  API_KEY_SECRETS: '1:api-key-secret-of-the-tests-0123456789abcdef',
};

const fixed: Record<string, string> = {
  ROOT_DOMAIN: 'ragtoolkit.localhost:3000',
  RAGTOOLKIT_EMBEDDED: '1',
  TRUSTED_PROXIES: '',
  RAGTOOLKIT_API_KEY: 'predecessors-key-of-the-tests',
  LOG_LEVEL: 'silent',
  // All tests come from one address, or from none. Those of limits take this back.
  RATE_LIMIT_OVERRIDES: [
    'anonymous:ip',
    'anonymous:host',
    'anonymous:elsewhere',
    'publish-key:ip',
    'probe:ip',
  ]
    .map((name) => `${name}=1000000/60`)
    .join(','),
};

for (const [name, value] of Object.entries(defaults)) process.env[name] ||= value;
Object.assign(process.env, fixed);
