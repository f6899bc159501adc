import { eq, like } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { GET as listTraces } from '@/app/api/v1/traces/route';
import { mailOutbox } from '@/db/schema/mail';
import { platformAudit } from '@/db/schema/operator';
import { withPlatform } from '@/db/tenant';
import { openSession, readSession, readTenantSession } from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import { queueMail } from '@/lib/mail/outbox';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { actOnJob } from '@/lib/workflows/operator-jobs/mutations';
import { listJobs } from '@/lib/workflows/operator-jobs/queries';
import { job } from '@/lib/workflows/operator-jobs/schema';
import { createOperatorKey } from '@/lib/workflows/operators/mutations';
import {
  disablePerson,
  enablePerson,
  resendVerification,
  signOutPerson,
} from '@/lib/workflows/people/mutations';
import { getPerson, searchPeople } from '@/lib/workflows/people/queries';
import { personDetail } from '@/lib/workflows/people/schema';
import { deleteTenant } from '@/lib/workflows/tenant-operations/mutations';
import {
  confirmAddresses,
  makeKey,
  makeOperator,
  makePerson,
  makeTenant,
  type TestOperator,
  type TestTenant,
  unique,
} from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';
import { call } from '@/tests/support/requests';

const reason = 'as the test asks';
let operator: TestOperator;
let tenant: TestTenant;
beforeAll(async () => {
  [operator, tenant] = await Promise.all([makeOperator(), makeTenant()]);
});

const events = (id: string) =>
  withPlatform((db) =>
    db.select().from(platformAudit).where(eq(platformAudit.targetId, id)).orderBy(platformAudit.id),
  );
const ask = async (key: string) =>
  (await call(listTraces, { path: '/api/v1/traces', host: tenant.host, key })).status;

describe('a person', () => {
  test('is found, with their tenants and open sessions', async () => {
    const person = await makePerson(tenant, 'analyst');
    for (const text of [person.email, person.email.toUpperCase(), person.userId])
      expect((await searchPeople(operator.ctx, text)).map(({ email }) => email)).toEqual([person.email]);
    expect(await searchPeople(operator.ctx, '%')).toEqual([]);
    expect(personDetail.strict().parse(await getPerson(operator.ctx, person.userId))).toMatchObject({
      is_confirmed: false,
      is_operator: false,
      disabled_at: null,
      tenants: [{ slug: tenant.slug, role: 'analyst' }],
      last_seen_at: expect.any(String),
      sessions: [{ id: person.sessionId, method: 'password' }],
    });
    await expect(getPerson(operator.ctx, newId())).rejects.toMatchObject({ code: 'not_found' });
  });

  test('who is disabled is nobody anywhere, until they are enabled', async () => {
    const person = await makePerson(tenant, 'admin');
    const { key } = await makeKey(tenant, {}, person);
    const service = await makeKey(tenant, { service: true }, person);
    expect(await ask(key)).toBe(200);
    expect(await disablePerson(operator.ctx, { userId: person.userId, reason })).toEqual({
      sessionsEnded: 1,
    });
    expect(await readSession(person.token)).toBeNull();
    expect(await readTenantSession(person.token, tenant.id)).toBeNull();
    await poll(async () => (await ask(key)) === 401);
    expect(await ask(service.key)).toBe(200);
    const signIn = () => withPlatform((db) => openSession(db, person.userId, { method: 'password' }));
    await expect(signIn()).rejects.toMatchObject({ code: 'forbidden' });
    await expect(disablePerson(operator.ctx, { userId: person.userId, reason })).rejects.toMatchObject({
      code: 'conflict',
    });

    await enablePerson(operator.ctx, { userId: person.userId, reason });
    await signIn();
    await poll(async () => (await ask(key)) === 200);
    expect((await events(person.userId)).map(({ action, reason: why }) => [action, why])).toEqual([
      ['person.disable', reason],
      ['person.enable', reason],
    ]);
  });

  test('who is an operator loses their keys when disabled; nobody disables themselves', async () => {
    const other = await makeOperator();
    const { id } = await createOperatorKey(other.ctx, { name: 'Script', expiresInDays: null, reason });
    await disablePerson(operator.ctx, { userId: other.userId, reason });
    expect((await events(other.userId))[0]).toMatchObject({ after: { keysRevoked: 1 } });
    expect(id).toBeDefined();
    await expect(disablePerson(operator.ctx, { userId: operator.userId, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('is signed out everywhere, and mailed the link that confirms their address', async () => {
    const person = await makePerson(tenant, 'viewer');
    await signOutPerson(operator.ctx, { userId: person.userId, reason });
    expect(await readSession(person.token)).toBeNull();
    await resendVerification(operator.ctx, { userId: person.userId, reason });
    const mails = await withPlatform((db) =>
      db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, person.email)),
    );
    expect(mails).toHaveLength(1);
    await confirmAddresses(person);
    await expect(resendVerification(operator.ctx, { userId: person.userId, reason })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await events(person.userId)).map(({ action }) => action)).toEqual([
      'person.sign_out',
      'person.resend_verification',
    ]);
  });
});

describe('jobs', () => {
  async function makeMail(state: Partial<typeof mailOutbox.$inferInsert> = {}) {
    const subject = `Mail ${unique()}`;
    await withPlatform(async (db) => {
      await queueMail(db, {
        to: 'ada@example.com',
        subject,
        text: 'a secret link',
        html: '<p>a secret link</p>',
      });
      if (Object.keys(state).length > 0)
        await db.update(mailOutbox).set(state).where(eq(mailOutbox.subject, subject));
    });
    const found = (await listJobs(operator.ctx, { queue: 'mail' })).jobs.find(
      ({ title }) => title === subject,
    );
    if (!found) throw new Error('the mail is not listed');
    return found;
  }
  const read = async (id: string) =>
    (await withPlatform((db) => db.select().from(mailOutbox).where(eq(mailOutbox.id, id))))[0];
  const on = (jobId: string, verb: 'retry' | 'discard' | 'replay') =>
    actOnJob(operator.ctx, { queue: 'mail', jobId, verb, reason });

  test('tell their state, and no secret', async () => {
    const waiting = await makeMail();
    expect(job.strict().parse(waiting)).toMatchObject({
      state: 'waiting',
      verbs: ['retry', 'discard'],
      payload: { to: 'ada@example.com' },
    });
    expect(JSON.stringify(waiting)).not.toContain('secret');
    expect(await makeMail({ attempts: 2, lastError: 'ECONNECTION' })).toMatchObject({
      state: 'retrying',
      last_error: 'ECONNECTION',
    });
    expect(await makeMail({ failedAt: new Date() })).toMatchObject({ state: 'failed', verbs: ['retry'] });
    expect(await makeMail({ sentAt: new Date() })).toMatchObject({ state: 'done', verbs: ['replay'] });
    const { counts, jobs } = await listJobs(operator.ctx, { state: 'failed' });
    expect(jobs.every(({ state }) => state === 'failed')).toBe(true);
    expect(counts).toContainEqual({ queue: 'mail', state: 'failed', count: expect.any(Number) });
  });

  test('are tried again, discarded with a reason, and done once more', async () => {
    const failed = await makeMail({ failedAt: new Date(), attempts: 15 });
    await on(failed.id, 'retry');
    expect(await read(failed.id)).toMatchObject({ failedAt: null, attempts: 0 });
    await on(failed.id, 'discard');
    expect(await read(failed.id)).toMatchObject({
      failedAt: expect.any(Date),
      lastError: `discarded: ${reason}`,
    });
    await expect(on(failed.id, 'discard')).rejects.toMatchObject({ code: 'conflict' });
    const sent = await makeMail({ sentAt: new Date() });
    await on(sent.id, 'replay');
    const again = await withPlatform((db) =>
      db.select().from(mailOutbox).where(like(mailOutbox.subject, sent.title)),
    );
    expect(again).toHaveLength(2);
    expect((await events(failed.id)).map(({ action, reason: why }) => [action, why])).toEqual([
      ['job.retry', reason],
      ['job.discard', reason],
    ]);
    expect((await events(sent.id)).map(({ action }) => action)).toEqual(['job.replay']);
    await expect(on('nothing', 'retry')).rejects.toMatchObject({ code: 'not_found' });
    await expect(on(newId(), 'retry')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('hold the erasures that wait', async () => {
    const own = await makeTenant();
    await deleteTenant(operator.ctx, { tenantId: own.id, slug: own.slug, reason });
    const { jobs } = await listJobs(operator.ctx, { queue: 'erasure' });
    expect(jobs.find(({ id }) => id === own.id)).toMatchObject({
      state: 'waiting',
      title: `Erase ${own.slug}`,
      verbs: [],
    });
    await expect(
      actOnJob(operator.ctx, { queue: 'erasure', jobId: own.id, verb: 'retry', reason }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test('hold the exports, of which a running one can be cut short', async () => {
    const own = await makeTenant();
    const find = async () =>
      (await listJobs(operator.ctx, { queue: 'export' })).jobs.find(
        ({ title }) => title === `Export of ${own.slug}`,
      );
    const { body } = await exportTenant(own.admin.ctx);
    const running = await find();
    expect(running).toMatchObject({ state: 'running', verbs: ['discard'], payload: { by: own.admin.email } });
    expect((await listJobs(operator.ctx, { state: 'running' })).counts).toContainEqual({
      ...{ queue: 'export', state: 'running', count: expect.any(Number) },
    });
    const stop = () =>
      actOnJob(operator.ctx, { queue: 'export', jobId: running?.id ?? '', verb: 'discard', reason });
    await stop();
    expect(await find()).toMatchObject({ state: 'failed', last_error: expect.any(String), verbs: [] });
    await expect(stop()).rejects.toMatchObject({ code: 'conflict' });
    await body.cancel();

    const whole = await exportTenant(own.admin.ctx);
    await new Response(whole.body).arrayBuffer();
    expect(await find()).toMatchObject({ state: 'done', payload: { rows: expect.stringMatching(/^[1-9]/) } });
    const { jobs } = await listJobs(operator.ctx, { queue: 'export', state: 'failed' });
    expect(jobs.map(({ id }) => id)).toContain(running?.id);
  });

  test('go by pages', async () => {
    const subject = `Many ${unique()}`;
    await withPlatform((db) =>
      db.insert(mailOutbox).values(
        Array.from({ length: 60 }, (_, n) => ({
          ...{ id: newId(), toAddress: 'ada@example.com', subject, text: '', html: '' },
          createdAt: new Date(Date.UTC(2099, 0, 1, 0, n)),
        })),
      ),
    );
    const first = await listJobs(operator.ctx, { queue: 'mail' });
    expect(first.jobs).toHaveLength(50);
    const second = await listJobs(operator.ctx, { queue: 'mail', before: first.next ?? undefined });
    expect(second.jobs.filter(({ title }) => title === subject)).toHaveLength(10);
    await withPlatform((db) => db.delete(mailOutbox).where(eq(mailOutbox.subject, subject)));
  });
});
