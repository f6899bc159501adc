import { and, eq, like } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { requestHours, requestSlots } from '@/db/schema/limits';
import { mailOutbox } from '@/db/schema/mail';
import { withPlatform } from '@/db/tenant';
import { tenantsCommand } from '@/db/tenants-cli';
import { newId } from '@/lib/ids';
import { countRequest, flushRequestCounts } from '@/lib/usage/request-counts';
import { sweepLimitNotices, sweepRequestCounts } from '@/lib/workflows/limits/mutations';
import { getRateUsage } from '@/lib/workflows/limits/queries';
import { toStretches } from '@/lib/workflows/limits/rules';
import { makeKey, makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';

let tenant: TestTenant;
beforeAll(async () => {
  tenant = await makeTenant();
});

/** Counts as another process would have written them, `ago` stretches of 10 s before the one under way. */
async function store(of: TestTenant, stretches: readonly number[], limited: number): Promise<void> {
  const now = Math.floor(Date.now() / 10_000) * 10_000;
  const rows = stretches.map((ago) => ({
    tenantId: of.id,
    keyId: of.firstKey.keyId,
    slot: new Date(now - ago * 10_000),
    admitted: 100,
    limited,
  }));
  await withPlatform((db) => db.insert(requestSlots).values(rows));
}

describe('flushRequestCounts', () => {
  test('adds what was counted to what is there, once', async () => {
    const key = { tenantId: tenant.id, keyId: tenant.firstKey.keyId };
    const sums = async () => {
      const rows = await withPlatform((db) =>
        db.select().from(requestHours).where(eq(requestHours.tenantId, tenant.id)),
      );
      return rows.reduce<[number, number]>(([a, b], row) => [a + row.admitted, b + row.limited], [0, 0]);
    };
    for (let i = 0; i < 5; i++) countRequest(key, true);
    countRequest(key, false);
    await flushRequestCounts();
    await flushRequestCounts();
    expect(await sums()).toEqual([5, 1]);
    countRequest(key, true);
    await flushRequestCounts();
    expect(await sums()).toEqual([6, 1]);
  });

  test('keeps what cannot be written for the next time', async () => {
    const own = await makeTenant();
    countRequest({ tenantId: own.id, keyId: own.firstKey.keyId }, true);
    countRequest({ tenantId: 'no uuid', keyId: newId() }, true);
    await expect(flushRequestCounts()).rejects.toThrow();
    await expect(flushRequestCounts()).rejects.toThrow(); // both are still there
    const globals = globalThis as { [key: symbol]: Map<string, { tenantId: string }> };
    const kept = globals[Symbol.for('ragtoolkit.request-counts')];
    for (const [name, { tenantId }] of kept ?? []) if (tenantId === 'no uuid') kept?.delete(name);
    await flushRequestCounts();
    const rows = await withPlatform((db) =>
      db.select().from(requestSlots).where(eq(requestSlots.tenantId, own.id)),
    );
    expect(rows).toMatchObject([{ admitted: 1, limited: 0 }]);
  });
});

describe('getRateUsage', () => {
  test('shows the tenant its own rate, by key, and nobody else’s', async () => {
    const own = await makeTenant();
    const quiet = await makeKey(own);
    await store(own, [1, 3], 7);
    const usage = await getRateUsage(own.admin.ctx);
    expect(usage.limit).toEqual({ perSecond: 200, burst: 200, from: 'policy', until: null });
    expect(usage.stretches).toHaveLength(90);
    expect(usage.stretches.at(-1)).toMatchObject({ admitted: 100, limited: 7 });
    expect(usage.stretches.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(200);
    expect(usage.hours).toHaveLength(24);
    expect(usage.keys.map(({ keyId, admitted, limited }) => [keyId, admitted, limited])).toEqual([
      [own.firstKey.keyId, 200, 14],
      [quiet.keyId, 0, 0],
    ]);
    const other = await getRateUsage((await makeTenant()).admin.ctx);
    expect(other.stretches.every(({ admitted }) => admitted === 0)).toBe(true);
  });

  test('is not for viewers', async () => {
    const viewer = await makePerson(tenant, 'viewer');
    await expect(getRateUsage(viewer.ctx)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('toStretches', () => {
  test('leaves no gap, and not the stretch under way', () => {
    const at = (ms: number) => new Date(ms);
    const counted = [
      { at: at(20), admitted: 1, limited: 0 },
      { at: at(20), admitted: 2, limited: 1 },
      { at: at(40), admitted: 9, limited: 9 },
    ];
    expect(toStretches(counted, { widthMs: 10, count: 3, now: 45 })).toEqual([
      { from: at(10).toISOString(), to: at(20).toISOString(), admitted: 0, limited: 0 },
      { from: at(20).toISOString(), to: at(30).toISOString(), admitted: 3, limited: 1 },
      { from: at(30).toISOString(), to: at(40).toISOString(), admitted: 0, limited: 0 },
    ]);
  });
});

describe('sweepLimitNotices', () => {
  const mailsTo = (of: TestTenant) =>
    withPlatform((db) =>
      db
        .select({ text: mailOutbox.text })
        .from(mailOutbox)
        .where(and(eq(mailOutbox.toAddress, of.admin.email), like(mailOutbox.subject, '%was limited'))),
    );

  test('mails the admins once of more than a minute in an hour, however often it looks', async () => {
    const own = await makeTenant();
    await makePerson(own, 'viewer');
    await store(own, [1, 5, 20, 60, 100, 200], 3); // a minute
    await sweepLimitNotices();
    expect(await mailsTo(own)).toEqual([]);
    await store(own, [300], 3);
    await Promise.all([sweepLimitNotices(), sweepLimitNotices()]);
    await sweepLimitNotices();
    const mails = await mailsTo(own);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.text).toContain('21 times');
    expect(mails[0]?.text).toContain(`http://${own.host}/settings/limits`);
  });
});

describe('sweepRequestCounts', () => {
  test('forgets what is shown to nobody', async () => {
    const own = await makeTenant();
    await store(own, [1, 430], 0);
    await sweepRequestCounts();
    const rows = await withPlatform((db) =>
      db.select().from(requestSlots).where(eq(requestSlots.tenantId, own.id)),
    );
    expect(rows).toHaveLength(1);
  });
});

describe('an operator', () => {
  test('sees who asks most', async () => {
    const own = await makeTenant();
    await store(own, [1, 2, 3], 5);
    const line = (await tenantsCommand(['hottest'])).find((one) => one.startsWith(own.slug));
    expect(line).toMatch(/0\.5 of 200 a second {2}15 refused/);
  });

  test.each([
    [['--rate', '0'], '--rate: The rate is a whole number from 1'],
    [['--rate', '-1'], '--rate'],
    [['--rate', 'many'], '--rate: The rate is a whole number from 1'],
    [['--rate', '5', '--burst', '0'], '--burst: The burst is a whole number from 1'],
    [['--rate', '5', '--until', '2020-01-01'], '--until: The end is a time to come'],
    [['--rate', '5', '--until', 'soon'], '--until: The end is a time'],
    [['--rate', '5', '--reason', 'x'], '--reason: Say why'],
  ])('is told what is wrong with %j', async (given, words) => {
    const until = given.includes('--until') ? [] : ['--until', '2099-01-01'];
    const reason = given.includes('--reason') ? [] : ['--reason', 'a launch'];
    const args = ['limit', tenant.slug, ...given.map((arg) => arg), ...until, ...reason];
    // parseArgs takes `-1` for an option unless it is bound to its name.
    const bound = args.join('\0').replaceAll('--rate\0-', '--rate=-').split('\0');
    await expect(tenantsCommand(bound)).rejects.toThrow(words);
  });

  test('gives a tenant another rate, and takes it back', async () => {
    const own = await makeTenant();
    const until = ['--until', '2099-01-01', '--reason', 'a launch'];
    const said = await tenantsCommand(['limit', own.slug, '--rate', '500', '--burst', '900', ...until]);
    expect(said.join()).toContain('500 times a second, 900 at once, until 2099-01-01');
    expect((await getRateUsage(own.admin.ctx)).limit).toMatchObject({ perSecond: 500, burst: 900 });
    await tenantsCommand(['unlimit', own.slug, '--reason', 'it is over']);
  });
});
