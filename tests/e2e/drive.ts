import { callAction, credentialsAgainst, outcomeOf, type Wrong } from './intruder';
import { actionSamples, pageSamples, routeSamples } from './samples';
import { type Answer, expect, rootDomain, send } from './support';
import type { Action, Page, Route } from './surface';
import type { World } from './worlds';

/** Sends everything at once, so that requests of different tenants share the server's connections. */
const each = <T>(all: readonly T[], ask: (one: T) => Promise<void>) => Promise.all(all.map(ask));

const cloud = `cloud.${rootDomain}`;

/** Without this the rest would prove nothing: the victim's own key and admin are answered, with the marks. */
export async function theRightOnesWork({ victim }: World): Promise<void> {
  const path = `/traces/${encodeURIComponent(victim.ids.traceId ?? '')}`;
  const authorization = `Bearer ${victim.firstKey.key}`;
  const { cookie } = victim.admin;
  await each<{ path: string; headers: Record<string, string> }>(
    [
      { path: `/api/v1${path}`, headers: { authorization } },
      { path, headers: { cookie } },
      { path: '/overview', headers: { cookie } },
      { path: '/settings/api-keys', headers: { cookie } },
    ],
    async (request) => {
      const answer = await send({ host: victim.host, ...request });
      expect(answer.status, request.path).toBe(200);
      expect(answer.text, request.path).toContain(victim.mark);
    },
  );
}

/** Drives an API route with every credential that is wrong for it. */
export async function driveRoute(world: World, route: Route): Promise<void> {
  const sample = routeSamples[route.name];
  if (!sample) throw new Error(`${route.name} has no sample`);
  const body = sample.body ? JSON.stringify(sample.body(world.victim)) : undefined;
  const paths = sample.paths ?? [fill(world, route.path)];
  await each(wrongFor(world, route), async (wrong) => {
    for (const path of paths) {
      const answer = await send({
        host: wrong.host,
        path: path + (sample.query ?? ''),
        method: route.method,
        headers: { ...wrong.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        body,
      });
      const what = `${route.method} ${path} with ${wrong.name}`;
      tellsNothing(world, answer, what);
      if (route.forOperators) expect(answer.status, what).toBe(404);
      else if (route.permission === null) expect(sample.status ?? [200], what).toContain(answer.status);
      else if (wrong.api !== 'home') expect(answer.status, what).toBe(wrong.api);
      else if (sample.object === false) expect([200, 201, 202, 204], what).toContain(answer.status);
      else expect([sample.object ?? 404].flat(), what).toContain(answer.status);
    }
  });
}

/** Drives a page with every credential that is wrong for it, as a document and as the data that the router asks for. */
export async function drivePage(world: World, page: Page): Promise<void> {
  const sample = pageSamples[page.name];
  if (!sample) throw new Error(`${page.name} has no sample`);
  const ofTenant = page.surface === 'tenant';
  const path = fill(world, page.path) + (sample.query ?? '');
  const wrongs = inBrowser(wrongFor(world, page), ofTenant);
  await each(wrongs, async (wrong) => {
    const host = ofTenant ? wrong.host : page.surface === 'cloud' ? cloud : rootDomain;
    const what = `page ${page.name} with ${wrong.name}`;
    const { victim, closed } = world;
    const isOwn = wrong.host === closed.host && (host === cloud || host === closed.host);
    const allowed = { nameOf: host === victim.host, own: isOwn };
    const data = await send({ host, path, headers: { ...wrong.headers, rsc: '1' } });
    tellsNothing(world, data, `data of ${what}`, allowed);
    const answer = await send({ host, path, headers: wrong.headers });
    tellsNothing(world, answer, what, allowed);
    if (ofTenant && host === closed.host) {
      expect(answer.text, what).toMatch(/This workspace is suspended|deleted/);
      // The page of a pending deletion is one to act on, for its admins: only that of a suspension is a refusal.
      if (answer.text.includes('This workspace is suspended')) expect(answer.status, what).toBe(403);
    } else if (page.forOperators) expect(answer.status, what).toBe(404);
    else if (page.permission === null) expect(sample.status ?? [200], what).toContain(answer.status);
    else if (wrong.page === 'login') {
      expect(answer.status, what).toBe(307);
      expect(answer.headers.location, what).toContain('/login?next=');
    } else if (wrong.page !== 'home') expect(answer.status, what).toBe(wrong.page);
    else expect(sample.object ? [404] : (sample.status ?? [200]), what).toContain(answer.status);
  });
  if (!ofTenant) return;
  // By its own path in the tree, which is no address, from a neighbour's host.
  const inTree = fill(world, page.name);
  const { host, admin } = world.intruder;
  const answer = await send({ host, path: inTree, headers: { cookie: admin.cookie } });
  expect(answer.status, inTree).toBe(404);
  tellsNothing(world, answer, inTree);
}

/** Drives a server action, as the browser's router calls it, with every credential that is wrong for it. */
export async function driveAction(world: World, action: Action, pages: readonly Page[]): Promise<void> {
  const sample = actionSamples[action.name];
  const page = pages.find(({ name }) => action.pages.includes(name));
  if (!sample || !page) throw new Error(`${action.name} has no sample, or no page that carries it`);
  const ofTenant = page.surface === 'tenant' || sample.whileDeleting === true;
  const path = sample.whileDeleting ? '/' : fill(world, page.path);
  const call = (host: string, headers: Record<string, string>) =>
    callAction({ host, path, id: action.id, input: sample.input(world.victim), headers });

  const wrongs = inBrowser(wrongFor(world, action), ofTenant);
  if (sample.whileDeleting) {
    // At the closed workspace its own admin is the right one; the others try it there as well.
    const { closed } = world;
    const elsewhere = wrongs.filter(({ host }) => host !== closed.host);
    wrongs.splice(
      0,
      wrongs.length,
      ...elsewhere,
      ...elsewhere.map((wrong) => ({ ...wrong, host: closed.host })),
    );
  }
  await each(wrongs, async (wrong) => {
    const host = ofTenant ? wrong.host : cloud;
    const answer = await call(host, { ...wrong.headers, origin: `http://${host}` });
    const what = `action ${action.name} with ${wrong.name}`;
    tellsNothing(world, answer, what, { nameOf: host === world.victim.host });
    const outcome = outcomeOf(answer);
    if (action.forOperators) expect(outcome, what).toBe('not_found');
    else if (sample.whileDeleting)
      expect(outcome, what).toMatch(/^(status [34]\d\d|unauthenticated|forbidden)$/);
    else if (host === world.closed.host) expect(outcome, what).toMatch(/^status 4/);
    else if (action.permission === null || wrong.action === 'home')
      expect([sample.outcome].flat(), what).toContain(outcome);
    else expect(outcome, what).toBe(wrong.action);
  });
  if (!ofTenant) return;
  // The right person, made to do it by a page of a neighbour.
  const { victim, intruder } = world;
  const forged = await call(victim.host, { cookie: victim.admin.cookie, origin: `http://${intruder.host}` });
  expect(forged.status, `${action.name} from a neighbour's page`).toBe(403);
}

/** What is open to anybody is asked by one person and nobody of each host; what is gated, by all. */
function wrongFor(world: World, asked: Pick<Route, 'permission' | 'forOperators'>): Wrong[] {
  const all = credentialsAgainst(world, asked.permission);
  if (asked.permission !== null || asked.forOperators) return all;
  const seen = new Set<string>();
  return all.filter(({ kind, host }) => {
    const first = !seen.has(`${kind} ${host}`);
    seen.add(`${kind} ${host}`);
    return first && kind !== 'key';
  });
}

/** Keys open no page and run no action, whosever they are: two of them will do, and none where there is no console. */
function inBrowser(wrongs: Wrong[], ofTenant: boolean): Wrong[] {
  let keys = 0;
  return wrongs.filter(
    ({ kind, host }) => (kind !== 'key' || keys++ < 2) && !(ofTenant && host === rootDomain),
  );
}

function fill({ victim }: World, path: string): string {
  return path.replace(/\[(\w+)\]/g, (_, name: string) => {
    const id = victim.ids[name];
    if (id === undefined) throw new Error(`worlds.ts knows no id of the victim for [${name}]`);
    return encodeURIComponent(id);
  });
}

/**
 * The answer is no failure, and holds no mark of the victims. Their e-mail addresses, which the intruder knows, may come
 * back to who has sent them; a workspace's name may be read on its own host, and by its own people (`own`).
 */
function tellsNothing(
  { victim, closed }: World,
  answer: Answer,
  what: string,
  allowed: { nameOf?: boolean; own?: boolean } = {},
): void {
  expect(answer.status, what).toBeLessThan(500);
  let said = `${JSON.stringify(answer.headers)} ${answer.text}`;
  for (const { email } of [victim.admin, closed.admin])
    said = said.replaceAll(email, '').replaceAll(encodeURIComponent(email), '');
  const marks = [
    victim.mark,
    ...(allowed.nameOf ? [] : [victim.nameMark]),
    ...(allowed.own ? [] : [closed.mark, closed.nameMark]),
  ];
  for (const mark of marks) expect(said.includes(mark), `${what}: says ${mark}`).toBe(false);
}
