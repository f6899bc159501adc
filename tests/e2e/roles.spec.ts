import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { apiKeys } from '@/db/schema/api-keys';
import { withPlatform } from '@/db/tenant';
import { announceApiKeyChange } from '@/lib/auth/api-key';
import { type Permission, permissions, roleCan } from '@/lib/auth/permissions';
import { type Role, roles } from '@/lib/auth/schema';
import { type Scope, scopes, scopesCan } from '@/lib/auth/scopes';
import { changePlan } from '@/lib/tenants/mutations';
import { requestDeletion } from '@/lib/workflows/deletion/mutations';
import {
  confirmAddresses,
  makeKey,
  makeOperator,
  makePerson,
  makeTenant,
  type TestPerson,
  type TestTenant,
} from '../support/factories';
import { callAction, outcomeOf } from './intruder';
import { actionSamples, pageSamples, routeSamples } from './samples';
import { expect, rootDomain, send, requestTest as test } from './support';
import { discoverActions, discoverPages, discoverRoutes } from './surface';
import { closeWorlds, makeVictim, type Victim } from './worlds';

/**
 * Every permission × role × (page, action, API), and every scope × API: what the table says is what the server does.
 * Routes, pages and actions are found in the build. What they are asked for is another tenant's (samples.ts), at home:
 * who holds the permission comes as far as "there is no such thing", who does not is refused before.
 */
const routes = discoverRoutes().filter((route) => route.permission !== null);
const pages = discoverPages().filter((page) => page.permission !== null);

/** Permissions that nothing asks for yet, and why. */
const unasked: Partial<Record<Permission, string>> = {};

type Home = TestTenant & { people: Record<Role, TestPerson> };

let home: Home;
let victim: Victim;

async function makeHome(): Promise<Home> {
  const tenant = await makeTenant();
  await confirmAddresses(tenant.admin); // who has not may not invite
  const by = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
  await changePlan(by, { tenantId: tenant.id, plan: 'pro', reason: 'seats to invite for' });
  const [analyst, viewer] = [await makePerson(tenant, 'analyst'), await makePerson(tenant, 'viewer')];
  return { ...tenant, people: { admin: tenant.admin, analyst, viewer } };
}

test.beforeAll(async () => {
  [home, victim] = await Promise.all([makeHome(), makeVictim({ traceId: 'theirs', words: 'words' })]);
});
test.afterAll(closeWorlds);

function fill(address: string): string {
  return address.replace(/\[(\w+)\]/g, (_, name: string) => {
    const id = victim.ids[name];
    if (id === undefined) throw new Error(`worlds.ts knows no id of the victim for [${name}]`);
    return encodeURIComponent(id);
  });
}

/** The answers of a route to a credential; more than one where its sample names several paths. */
async function askRoute(route: (typeof routes)[number], headers: Record<string, string>) {
  const sample = routeSamples[route.name];
  if (!sample) throw new Error(`${route.name} has no sample`);
  const body = sample.body ? JSON.stringify(sample.body(victim)) : undefined;
  const answers = [];
  for (const one of sample.paths ?? [fill(route.path)]) {
    answers.push(
      await send({
        host: home.host,
        path: one + (sample.query ?? ''),
        method: route.method,
        headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        body,
      }),
    );
  }
  return answers;
}

/** What is wrong with an answer: nothing, when whoever may is let in, and whoever may not is told so. */
function judge(what: string, may: boolean, status: number, text: string): string[] {
  if (may)
    return status === 403 || status === 401 || status >= 500 ? [`${what}: may, and gets ${status}`] : [];
  if (status !== 403) return [`${what}: may not, and gets ${status}`];
  return text.includes(victim.mark) ? [`${what}: is refused, and told of it all the same`] : [];
}

test('every permission is asked for by something', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const text = ['app', 'lib']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => /\.tsx?$/.test(file) && !/^lib\/auth\/(permissions|scopes)\.ts$/.test(file))
    // The navigation names what its pages ask for, and asks for nothing itself.
    .filter((file) => !file.endsWith('(console)/layout.tsx'))
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .join('\n');
  const asked = (permission: string) =>
    new RegExp(
      `(?:authorize|can|admit|requireTenant)\\([^)]*'${permission}'|permission: '${permission}'`,
    ).test(text);
  const silent = Object.keys(permissions).filter((permission) => !asked(permission));
  expect(silent.sort()).toEqual(Object.keys(unasked).sort());
});

for (const role of roles) {
  test(`the API does for a session of the role ${role} what the table says`, async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      if (!route.permission) continue;
      const { cookie } = home.people[role];
      for (const { status, text } of await askRoute(route, { cookie, origin: `http://${home.host}` }))
        wrong.push(
          ...judge(`${route.name} (${route.permission})`, roleCan(role, route.permission), status, text),
        );
    }
    expect(wrong).toEqual([]);
  });

  test(`pages open for the role ${role} as the table says`, async () => {
    const wrong: string[] = [];
    for (const page of pages) {
      if (!page.permission) continue;
      const sample = pageSamples[page.name];
      const may = roleCan(role, page.permission);
      const { status, text } = await send({
        host: home.host,
        path: fill(page.path) + (sample?.query ?? ''),
        headers: { cookie: home.people[role].cookie },
      });
      const what = `${page.name} (${page.permission})`;
      wrong.push(...judge(what, may, status, text));
      const allowed = sample?.object ? [404] : (sample?.status ?? [200]);
      if (may && !allowed.includes(status)) wrong.push(`${what}: ${status} is none of ${allowed}`);
    }
    expect(wrong).toEqual([]);
  });

  test(`actions run for the role ${role} as the table says`, async () => {
    const wrong: string[] = [];
    for (const action of discoverActions()) {
      const sample = actionSamples[action.name];
      const page = discoverPages().find(({ name }) => action.pages.includes(name));
      if (!action.permission) continue;
      if (!sample || !page) throw new Error(`${action.name} has no sample, or no page that carries it`);
      // What an action does to whoever calls it must not meet the next one.
      const place = sample.whileDeleting ? await makeDeleting() : home;
      const person = sample.whileDeleting && role === 'admin' ? place.admin : await makePerson(place, role);
      await confirmAddresses(person);
      const answer = await callAction({
        host: place.host,
        path: sample.whileDeleting ? '/' : fill(page.path),
        id: action.id,
        input: sample.input(victim),
        headers: { cookie: person.cookie },
      });
      const outcome = outcomeOf(answer);
      const what = `${action.name} (${action.permission})`;
      const may = roleCan(role, action.permission);
      if (may && /^(forbidden|unauthenticated|internal|status )/.test(outcome))
        wrong.push(`${what}: may, and gets ${outcome}`);
      if (!may && outcome !== 'forbidden') wrong.push(`${what}: may not, and gets ${outcome}`);
      if (answer.text.includes(victim.mark)) wrong.push(`${what}: tells of another tenant`);
    }
    expect(wrong).toEqual([]);
  });
}

/** A workspace whose deletion is pending: the only place where some actions run. */
async function makeDeleting(): Promise<TestTenant> {
  const tenant = await makeTenant();
  await requestDeletion(tenant.admin.ctx, { slug: tenant.slug });
  return tenant;
}

const cloud = `cloud.${rootDomain}`;

/** What the operators alone may ask, and who asks: nobody else is told even that it is there. */
test('what is the operators’ is there for operators, and for nobody else', async () => {
  const wrong: string[] = [];
  const { key } = await makeKey(home);
  const operator = await makeOperator();
  const everybody: [string, Record<string, string>][] = [
    ['nobody', {}],
    ...roles.map((role): [string, Record<string, string>] => [role, { cookie: home.people[role].cookie }]),
    ['a key with the scope admin', { authorization: `Bearer ${key}` }],
  ];
  const asked = [
    ...discoverRoutes().map((route) => ({ ...route, query: routeSamples[route.name]?.query })),
    ...discoverPages().map((page) => ({ ...page, method: 'GET', query: pageSamples[page.name]?.query })),
  ].filter(({ forOperators }) => forOperators);
  expect(asked.length).toBeGreaterThan(30);
  for (const { name, method, path: address, query } of asked) {
    const path = fill(address) + (query ?? '');
    // Without a body an operator's write comes as far as its fields, and does nothing.
    const ask = (headers: Record<string, string>, host = cloud) =>
      send({ host, path, method, headers: { origin: `http://${host}`, ...headers } });
    for (const [who, headers] of everybody)
      for (const host of [cloud, home.host]) {
        const { status, text } = await ask(headers, host);
        if (status !== 404 || text.includes(victim.mark))
          wrong.push(`${name}: ${who} gets ${status} at ${host}`);
      }
    const { status } = await ask({ cookie: operator.cookie });
    if (method === 'GET' ? ![200, 422].includes(status) : status !== 422)
      wrong.push(`${name}: an operator gets ${status}`);
  }
  expect(wrong).toEqual([]);
});

for (const scope of Object.keys(scopes) as Scope[]) {
  test(`the API does for a key with the scope ${scope} what the table says`, async () => {
    const { key, keyId } = await makeKey(home);
    await withPlatform(async (db) => {
      await db
        .update(apiKeys)
        .set({ scopes: [scope] })
        .where(eq(apiKeys.id, keyId));
      await announceApiKeyChange(db, { tenantId: home.id, keyId });
    });
    const wrong: string[] = [];
    for (const route of routes) {
      if (!route.permission) continue;
      const may = scopesCan([scope], 'admin', route.permission);
      for (const { status, text } of await askRoute(route, { authorization: `Bearer ${key}` }))
        wrong.push(...judge(`${route.name} (${route.permission})`, may, status, text));
    }
    expect(wrong).toEqual([]);
  });
}
