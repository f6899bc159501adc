import http from 'node:http';
import { unique } from '../support/factories';
import { poll } from '../support/poll';
import { type Attack, makeAttack } from './attack';
import { callAction, outcomeOf } from './intruder';
import { expect, rootDomain, send, requestTest as test } from './support';
import { discoverActions } from './surface';
import { closeWorlds, database, snapshot } from './worlds';

/** What else an attacker would try: names that look like schemas, requests that break off, actions called by hand. */
let victim: Attack['victim'];
let intruder: Attack['intruder'];
let harmless: Attack['harmless'];

test.beforeAll(async () => {
  ({ victim, intruder, harmless } = await makeAttack());
});
test.afterAll(closeWorlds);

test('a slug that looks like a schema is refused, or is a name and no more', async () => {
  const signUp = discoverActions().find(({ name }) => name === 'sign-up');
  if (!signUp) throw new Error('there is no sign-up');
  const slugs = [
    `t-${victim.id.replaceAll('-', '').slice(0, 32)}`,
    `t_${victim.id.replaceAll('-', '')}`,
    `t${victim.id.replaceAll('-', '')}`,
    'pg-catalog',
    'pg_catalog',
    `all-tenants-${unique()}`,
    `public-${unique()}`,
    `information-schema-${unique()}`,
    'x"; drop schema public cascade; --',
    "x', public; --",
    '../public',
    'xn--80ak6aa92e',
    'ADMIN',
    ' www ',
  ];
  const before = await snapshot(victim);
  for (const slug of slugs) {
    const answer = await callAction({
      host: `cloud.${rootDomain}`,
      path: '/signup',
      id: signUp.id,
      input: {
        name: 'Mallory',
        email: `mallory-${unique()}@example.com`,
        password: 'correct horse battery',
        tenantName: 'Mallory',
        slug,
      },
    });
    harmless(answer, slug);
    const [made] = await database<{ id: string; schema: boolean }[]>`
      select id, to_regnamespace('t_' || replace(id::text, '-', '')) is not null as schema
      from public.tenants where slug = ${slug.trim().toLowerCase()}`;
    if (outcomeOf(answer) === 'ok') {
      expect(made, slug).toMatchObject({ schema: true });
      expect(made?.id).not.toBe(victim.id);
    } else {
      expect(outcomeOf(answer), slug).toBe('invalid_input');
      expect(made, slug).toBeUndefined();
    }
  }
  expect(await snapshot(victim)).toEqual(before);
});

test('requests that break off leave nothing to the next tenant', async () => {
  const headers = { 'content-type': 'application/json', host: victim.host };
  const body = JSON.stringify({ trace_id: 'broken-off', user_input: victim.mark.repeat(2000) });
  const breakOff = (after: 'half of the body' | 'all of it' | 'nothing') =>
    new Promise<void>((resolve) => {
      const request = http.request({
        host: '127.0.0.1',
        port: Number(rootDomain.split(':')[1]),
        path: '/api/v1/traces',
        method: 'POST',
        agent: false,
        headers: {
          ...headers,
          authorization: `Bearer ${victim.firstKey.key}`,
          'content-length': Buffer.byteLength(body),
        },
      });
      request.on('error', () => {});
      request.on('close', resolve);
      if (after === 'nothing') request.flushHeaders();
      const sent = after === 'all of it' ? body : body.slice(0, after === 'nothing' ? 0 : body.length / 2);
      request.write(sent || '', () => setImmediate(() => request.destroy()));
    });
  const own = async () => {
    const answer = await send({
      host: intruder.host,
      path: '/api/v1/traces?size=100',
      headers: { authorization: `Bearer ${intruder.firstKey.key}` },
    });
    expect(answer.status).toBe(200);
    harmless(answer, 'the intruder’s list');
    expect(answer.text).toContain('own question');
  };
  for (let round = 0; round < 10; round++)
    await Promise.all([
      ...(['nothing', 'half of the body', 'all of it'] as const).map(breakOff),
      own(),
      own(),
      own(),
    ]);
  // Reads whose asker has gone while the transaction runs.
  for (let round = 0; round < 10; round++) {
    const gone = Array.from(
      { length: 5 },
      () =>
        new Promise<void>((resolve) => {
          const request = http.get({
            host: '127.0.0.1',
            port: Number(rootDomain.split(':')[1]),
            path: '/traces',
            agent: false,
            headers: { host: victim.host, cookie: victim.admin.cookie },
          });
          request.on('error', () => {});
          request.on('close', resolve);
          request.on('socket', (socket) =>
            socket.once('connect', () => setTimeout(() => request.destroy(), round)),
          );
        }),
    );
    await Promise.all([...gone, own(), own()]);
  }
  // What was sent whole is stored whole or not at all, for its own tenant; no transaction is left open.
  await poll(async () => {
    const [open] = await database<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%' and now() - state_change > interval '1 second'`;
    return open?.count === 0;
  });
  const elsewhere = await database`
    select 1 from all_tenants.traces where trace_id = 'broken-off' and tenant_id <> ${victim.id}`;
  expect(elsewhere).toHaveLength(0);
});

test('an action is answered on no page but its own, and with no arguments but its own', async () => {
  const before = await snapshot(victim);
  for (const action of discoverActions().filter(({ permission }) => permission !== null)) {
    const call = (path: string, input: unknown, id = action.id) =>
      callAction({ host: intruder.host, path, id, input, headers: { cookie: intruder.admin.cookie } });
    for (const path of ['/traces/own', `/t/${victim.slug}/settings/api-keys`, '/login'])
      harmless(await call(path, { id: victim.ids.keyId, name: 'Mallory' }), `${action.name} at ${path}`);
    for (const input of [
      null,
      [],
      'x',
      7,
      { id: { $ne: null } },
      { id: "' or 1=1 --" },
      { __proto__: { id: 1 } },
    ])
      harmless(await call('/settings/api-keys', input), `${action.name} with ${JSON.stringify(input)}`);
    // What is not even arguments fails in the framework's reader, before any of our code.
    expect((await call('/settings/api-keys', '$F1')).text).not.toContain(victim.mark);
    const other = action.id.slice(0, -1) + (action.id.endsWith('0') ? '1' : '0');
    for (const id of [other, '0'.repeat(42), '../../x', '__proto__'])
      expect(outcomeOf(await call('/settings/api-keys', {}, id)), id).toMatch(/^status 4/);
  }
  expect(await snapshot(victim)).toEqual(before);
});
