import { unique } from '../support/factories';
import { type Attack, makeAttack } from './attack';
import { expect, rootDomain, send, requestTest as test } from './support';
import { discoverPages, discoverRoutes } from './surface';
import { closeWorlds, snapshot } from './worlds';

/** SQL wherever a client may write: in each parameter, in each field. */
let victim: Attack['victim'];
let intruder: Attack['intruder'];
let harmless: Attack['harmless'];

test.beforeAll(async () => {
  ({ victim, intruder, harmless } = await makeAttack());
});
test.afterAll(closeWorlds);

const injections = (table: string) => [
  "' OR '1'='1",
  "' OR 1=1 --",
  `'; DROP TABLE traces; --`,
  `1; UPDATE ${table} SET question = 'changed'; --`,
  `' UNION SELECT * FROM ${table} --`,
  `') UNION ALL SELECT question FROM ${table} --`,
  `(select question from ${table} limit 1)`,
  "'; RESET app.tenant_id; SET ROLE postgres; --",
  `'; SET search_path = ${table.split('.')[0]}; --`,
  '1e309',
  '-1',
  '1 desc, (select pg_sleep(5))',
  '$1$$;%00',
  '\\',
  '\\x27 or 1=1',
  '%27%20or%201=1--',
  'a\u0000b',
  "\u02bc or '1'='1",
  '[object Object]',
  'x'.repeat(5000),
];

type Operation = { parameters?: { in: string; name: string }[] };

/** The parameters that the API's own document names, by the path of their route as the source tree has it. */
async function documentedParameters(): Promise<Map<string, string[]>> {
  const document = await send({ host: rootDomain, path: '/api/v1/openapi.json' });
  const { paths } = JSON.parse(document.text) as { paths: Record<string, { get?: Operation }> };
  const found = Object.entries(paths).map(([path, { get }]) => {
    const names = (get?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
    return [path.replaceAll('{', '[').replaceAll('}', ']'), names] as const;
  });
  const byPath = new Map(found);
  expect(byPath.get('/api/v1/traces')).toContain('model_name'); // otherwise nothing was found
  return byPath;
}

/** What the console reads from its address, and what a stranger might hope that somebody reads. */
const consoleParameters = [
  'model',
  'error',
  'from',
  'to',
  ...['light', 'tag', 'user', 'session', 'project', 'min_latency_ms', 'max_grounding'],
  'cursor',
  'period',
  'next',
  'callbackUrl',
];
const hopedFor = [
  'sort',
  'order',
  'order_by',
  'direction',
  'tenant',
  'tenant_id',
  'schema',
  'q',
  'filter',
  'limit',
];

test('SQL in every parameter of every route and page is a value, or refused', async () => {
  test.setTimeout(300_000);
  const table = `t_${victim.id.replaceAll('-', '')}.traces`;
  const before = [await snapshot(victim), await snapshot(intruder)];
  const documented = await documentedParameters();
  const authorization = `Bearer ${intruder.firstKey.key}`;
  const { cookie } = intruder.admin;
  const routes = discoverRoutes().filter(({ method, permission }) => method === 'GET' && permission !== null);
  const pages = discoverPages().filter(({ surface }) => surface === 'tenant');
  const all = (names: string[], value: string) => names.map((name) => `${name}=${value}`).join('&');

  for (const injection of injections(table)) {
    const value = encodeURIComponent(injection);
    // A cursor of our own shape whose parts are not: it comes closest to the query.
    const cursor = Buffer.from(JSON.stringify([Date.now(), injection.slice(0, 200)])).toString('base64url');
    const fill = (path: string, id: string) => path.replace(/\[\w+\]/g, id);
    const requests = [
      // The API refuses a value that it cannot read: one parameter at a time, so that none hides behind another.
      ...routes.flatMap(({ path }) =>
        [
          ...(documented.get(path) ?? []).map((name) => `${name}=${value}`),
          all([...new Set([...documented.values()].flat())], value),
          all(hopedFor, value),
        ].map((query) => ({
          path: `${fill(path, 'own')}?${query}`,
          headers: { authorization },
        })),
      ),
      // The console passes over it: all at once.
      ...pages.flatMap(({ path }) =>
        [all([...consoleParameters, ...hopedFor], value), `model=${value}&cursor=${cursor}`].map((query) => ({
          path: `${fill(path, 'own')}?${query}`,
          headers: { cookie },
        })),
      ),
      ...[
        ...routes.map(({ path }) => ({ path, headers: { authorization } })),
        ...pages.map(({ path }) => ({ path, headers: { cookie } })),
      ]
        .filter(({ path }) => path.includes('['))
        .map(({ path, headers }) => ({ path: fill(path, value), headers })),
    ].filter(({ path }) => path.length < 12_000); // more is refused by the server's own limit
    await Promise.all(
      requests.map(async (request) =>
        harmless(await send({ host: intruder.host, ...request }), request.path.slice(0, 300)),
      ),
    );
  }
  // As an array, as an object, twice.
  for (const query of [
    'model_name[]=x',
    'model_name[$ne]=x',
    'page=1&page=2',
    'model=a&model=b',
    '__proto__[x]=1',
  ])
    for (const path of [`/api/v1/traces?${query}`, `/traces?${query}`])
      harmless(await send({ host: intruder.host, path, headers: { authorization, cookie } }), path);
  expect([await snapshot(victim), await snapshot(intruder)]).toEqual(before);
});

test('SQL in every field of a trace is stored as it is', async () => {
  const table = `t_${victim.id.replaceAll('-', '')}.traces`;
  const before = await snapshot(victim);
  const headers = { authorization: `Bearer ${intruder.firstKey.key}`, 'content-type': 'application/json' };
  for (const injection of injections(table)) {
    const text = injection.replaceAll('\u0000', '');
    const label = text.slice(0, 200);
    const id = `${unique()} ${label}`.slice(0, 200);
    const trace = {
      trace_id: id,
      project: label,
      user_input: text,
      model_output: text,
      model_name: label,
      prompts: [text],
      error: text,
      retrieved_chunks: [{ text, source: text, metadata: { [text]: text } }],
      metadata: { [text]: text, user_id: label },
    };
    const posted = await send({
      host: intruder.host,
      path: '/api/v1/traces',
      method: 'POST',
      headers,
      body: JSON.stringify(trace),
    });
    expect(posted.status, posted.text).toBe(201);
    const read = await send({
      host: intruder.host,
      path: `/api/v1/traces/${encodeURIComponent(id)}`,
      headers,
    });
    expect(JSON.parse(read.text)).toMatchObject({
      trace_id: id,
      user_input: text,
      model_output: text,
      model_name: label,
      error: text,
      metadata: { [text]: text },
    });
  }
  expect(await snapshot(victim)).toEqual(before);
});
