import fc from 'fast-check';
import { roles } from '@/lib/auth/schema';
import { driveAction, drivePage, driveRoute, theRightOnesWork } from './drive';
import { actionSamples, pageSamples, routeSamples } from './samples';
import { expect, rootDomain, send, requestTest as test } from './support';
import {
  builtEntries,
  declaredActions,
  discoverActions,
  discoverPages,
  discoverRoutes,
  methods,
} from './surface';
import { closeWorlds, makeWorld, snapshot } from './worlds';

/**
 * No credential but the right one reaches a tenant: every route, page and action, as it is found in the build, is
 * driven over HTTP with every wrong credential in random worlds. Whatever is asked, the status is the one the rules
 * name, no row of the victim changes, and no byte of what the victim wrote is in the answer.
 */
/** Random worlds; each costs some 600 requests. `FC_RUNS` asks for more. */
const RUNS = Number(process.env.FC_RUNS ?? 2);
/** `FC_SEED` repeats the run whose seed a failure has printed. */
const seed = process.env.FC_SEED ? Number(process.env.FC_SEED) : undefined;

const routes = discoverRoutes();
const pages = discoverPages();

test.afterAll(closeWorlds);

test.describe('nothing goes untested:', () => {
  const matches = (found: { name: string }[], samples: object) => {
    const names = found.map(({ name }) => name);
    expect(names.filter((name) => !(name in samples))).toEqual([]);
    expect(Object.keys(samples).filter((name) => !names.includes(name))).toEqual([]);
  };
  test('every route has a sample', () => matches(routes, routeSamples));
  test('every page has a sample', () => matches(pages, pageSamples));
  test('every action has a sample', () => matches([...declaredActions().values()], actionSamples));

  test('the build serves nothing else', () => {
    const found = new Set([...routes.map(({ path }) => `${path} (route)`), ...pages.map(({ name }) => name)]);
    const ofNext = /^\/(_not-found|_global-error|icon\.svg|favicon\.ico)\b/;
    const served = builtEntries().filter((entry) => !ofNext.test(entry));
    expect(served.filter((entry) => !found.has(entry))).toEqual([]);
    expect(discoverActions().length).toBeGreaterThan(3); // each is one of the declared, or this throws
  });

  test('a method that no file exports is refused', async () => {
    for (const path of new Set(routes.map((route) => route.path))) {
      if (path.includes('[...')) continue;
      for (const method of methods) {
        if (routes.some((route) => route.path === path && route.method === method)) continue;
        const answer = await send({ host: rootDomain, path: path.replace(/\[\w+\]/g, 'x'), method });
        expect(answer.status, `${method} ${path}`).toBe(405);
      }
    }
  });
});

/** Ids as clients choose them, words as people write them, and who may do what. */
const plans = fc.record({
  traceId: fc.oneof(
    fc.uuid(),
    fc.stringMatching(/^[A-Za-z0-9._~:@-]{1,60}$/).filter((id) => !/^\.+$/.test(id)),
    fc.constantFrom('100%', 'a b', 'q?a=1&b=#c', 'naïve–😀', "' or 1=1 --", '%2e%2e'),
  ),
  words: fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replaceAll('\u0000', '')),
  insider: fc.constantFrom(...roles),
  removed: fc.constantFrom(...roles),
  status: fc.constantFrom('suspended' as const, 'deleting' as const),
});

test('wrong credentials reach nothing', async () => {
  test.setTimeout(60_000 + RUNS * 300_000);
  const actions = discoverActions();
  const property = fc.asyncProperty(plans, async (plan) => {
    const world = await makeWorld(plan);
    await theRightOnesWork(world);
    const rows = async () => [await snapshot(world.victim), await snapshot(world.closed)];
    const before = await rows();
    const unchanged = async ({ name }: { name: string }) => expect(await rows(), name).toEqual(before);
    for (const route of routes) {
      await driveRoute(world, route);
      await unchanged(route);
    }
    for (const page of pages) {
      await drivePage(world, page);
      await unchanged(page);
    }
    for (const action of actions) {
      await driveAction(world, action, pages);
      await unchanged(action);
    }
  });
  await fc.assert(property, { numRuns: RUNS, seed, endOnFailure: true });
});
