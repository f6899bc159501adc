import { eq, inArray, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closePools, pool } from '@/db/client';
import { migrate } from '@/db/migrate';
import { mailOutbox } from '@/db/schema/mail';
import { newId } from '@/lib/ids';
import { cleanOutbox, deliverDueMails } from '@/lib/mail/delivery';
import { compose } from '@/lib/mail/layout';
import { MAX_ATTEMPTS } from '@/lib/mail/retry';
import { smtpTransport, type Transport } from '@/lib/mail/transport';
import { createDatabase, migrationsFolder } from '@/tests/support/databases';
import { unique } from '@/tests/support/factories';
import { type SmtpServer, startSmtpServer } from '@/tests/support/smtp';

// A database of its own: the sender takes whatever is due, and other suites queue mails at any moment.
const database = await createDatabase();
process.env.DATABASE_URL = database.url;
await migrate({ adminUrl: database.url, folder: migrationsFolder });

const FROM = 'RAG Toolkit <no-reply@ragtoolkit.example>';
const db = () => pool('platform').db;

let server: SmtpServer;
let mails: string[] = [];
beforeEach(async () => {
  server = await startSmtpServer();
  mails = [];
});
afterEach(async () => {
  await server.close();
  await db().delete(mailOutbox);
});
afterAll(async () => {
  await closePools();
  await database.drop();
});

/** Queues a mail that is due, and answers its row's id. */
async function queue(given: Partial<typeof mailOutbox.$inferInsert> = {}): Promise<string> {
  const id = newId();
  const { to, ...mail } = compose(`ada-${unique()}@example.com`, 'Grüße & <b>bold</b>', [
    'A paragraph with ünïcode.',
    { label: 'Sign in', href: 'https://acme.example/in?token=abc&next=%2F' },
  ]);
  const dueFirst = new Date(Date.now() - 60_000);
  await db()
    .insert(mailOutbox)
    .values({ id, toAddress: to, ...mail, nextAttemptAt: dueFirst, ...given });
  mails.push(id);
  return id;
}

async function row(id: string) {
  const [found] = await db()
    .select({
      attempts: mailOutbox.attempts,
      lastError: mailOutbox.lastError,
      sentAt: mailOutbox.sentAt,
      failedAt: mailOutbox.failedAt,
      waits: sql<number>`extract(epoch from ${mailOutbox.nextAttemptAt} - now())::float`,
    })
    .from(mailOutbox)
    .where(eq(mailOutbox.id, id));
  if (!found) throw new Error('the mail is gone');
  return found;
}

const quick = { connect: 300, answer: 300, whole: 900 };
const send = (url = server.url) => deliverDueMails(smtpTransport(url, FROM, quick));
const makeDue = (id: string) =>
  db().update(mailOutbox).set({ nextAttemptAt: sql`now()` }).where(eq(mailOutbox.id, id));

/** The header of a received message, unfolded. */
function header(data: string, name: string): string | undefined {
  const head = data.slice(0, data.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return head.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
}

/** A body that is quoted-printable or base64, as text. */
function decode(part: string): string {
  const [head = '', ...rest] = part.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

describe('deliverDueMails', () => {
  test('sends both parts, once, with an id made of the row’s', async () => {
    const id = await queue({ toAddress: 'ada@example.com' });
    expect(await send()).toBe(1);
    expect(await send()).toBe(0);
    const [mail] = server.received;
    expect(server.received).toHaveLength(1);
    expect(mail).toMatchObject({ from: 'no-reply@ragtoolkit.example', to: ['ada@example.com'] });
    const data = mail?.data ?? '';
    expect(header(data, 'Message-ID')).toBe(`Message-ID: <${id}@ragtoolkit.example>`);
    expect(header(data, 'Auto-Submitted')).toBe('Auto-Submitted: auto-generated');
    const boundary = /boundary="([^"]+)"/.exec(data)?.[1] ?? '';
    const [, text, html] = data.split(`--${boundary}`).map(decode);
    expect(text).toContain('A paragraph with ünïcode.');
    expect(text).toContain('https://acme.example/in?token=abc&next=%2F');
    expect(html).toContain('href="https://acme.example/in?token=abc&amp;next=%2F"');
    expect(await row(id)).toMatchObject({ attempts: 1, lastError: null, failedAt: null });
    expect((await row(id)).sentAt).not.toBeNull();
  });

  test('tries again after a temporary refusal, later each time, and says why meanwhile', async () => {
    const id = await queue();
    server.answer((command) => (command.startsWith('RCPT') ? '451 4.7.1 greylisted' : undefined));
    expect(await send()).toBe(0);
    const first = await row(id);
    expect(first).toMatchObject({ attempts: 1, sentAt: null, failedAt: null });
    expect(first.lastError).toContain('451 4.7.1 greylisted');
    expect(first.waits).toBeGreaterThan(20);
    expect(await send()).toBe(0); // not due
    expect((await row(id)).attempts).toBe(1);

    await makeDue(id);
    await send();
    expect((await row(id)).waits).toBeGreaterThan(first.waits);

    await makeDue(id);
    server.answer(() => undefined);
    expect(await send()).toBe(1);
    expect(await row(id)).toMatchObject({ attempts: 3, lastError: null });
  });

  test.each([
    ['the recipient', 'RCPT'],
    ['the message', '.'],
  ])('gives up when %s is refused for good', async (_, refused) => {
    const id = await queue();
    server.answer((command) => (command.startsWith(refused) ? '550 5.1.1 no such person' : undefined));
    await send();
    const { failedAt, lastError, attempts } = await row(id);
    expect(failedAt).not.toBeNull();
    expect(lastError).toContain('550 5.1.1 no such person');
    await makeDue(id);
    await send();
    expect((await row(id)).attempts).toBe(attempts);
  });

  test('gives up after the last attempt', async () => {
    const id = await queue({ attempts: MAX_ATTEMPTS - 1 });
    server.answer((command) => (command.startsWith('RCPT') ? '451 later' : undefined));
    await send();
    expect((await row(id)).failedAt).not.toBeNull();
  });

  test('waits when the server does not want us at all, and asks it no further in this run', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => queue()));
    server.answer((command) => (command === 'CONNECT' ? '554 5.7.1 not you' : undefined));
    await send();
    const rows = await Promise.all(ids.map(row));
    expect(rows.filter(({ failedAt }) => failedAt)).toEqual([]);
    expect(rows.filter(({ attempts }) => attempts > 0).length).toBeLessThanOrEqual(4);
  });

  test('waits when nobody listens', async () => {
    const id = await queue();
    const { url } = server;
    await server.close();
    await send(url);
    expect(await row(id)).toMatchObject({ attempts: 1, failedAt: null, sentAt: null });
    server = await startSmtpServer();
  });

  test.each(['CONNECT', 'RCPT', '.'])('leaves a server that hangs at %s, and tries again', async (hung) => {
    const id = await queue();
    server.answer((command) => (command.startsWith(hung) ? 'hang' : undefined));
    await send();
    expect(await row(id)).toMatchObject({ attempts: 1, failedAt: null, sentAt: null });
    expect((await row(id)).lastError).toMatch(/ETIMEDOUT|EABORT|ESOCKET/);
  });

  test('leaves a server that dribbles, when the whole mail takes too long', async () => {
    const id = await queue();
    const transport: Transport = smtpTransport(server.url, FROM, { connect: 300, answer: 5_000, whole: 200 });
    server.answer((command) => (command.startsWith('MAIL') ? 'hang' : undefined));
    await deliverDueMails(transport);
    expect((await row(id)).lastError).toContain('EABORT');
  });

  test('of two senders at once sends each mail once', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => queue()));
    const counts = await Promise.all([send(), send()]);
    expect(counts[0] + counts[1]).toBe(10);
    const sent = server.received.map(({ data }) => header(data, 'Message-ID'));
    expect(new Set(sent).size).toBe(10);
    expect(sent).toHaveLength(10);
    expect(ids.every((id) => sent.includes(`Message-ID: <${id}@ragtoolkit.example>`))).toBe(true);
  });

  test('sends again, under the same id, what a sender took and died with', async () => {
    const id = await queue();
    const dying: Transport = async (mail) => {
      await smtpTransport(server.url, FROM, quick)(mail);
      await new Promise(() => {}); // the process is gone before it could write that down
    };
    void deliverDueMails(dying);
    await expect.poll(() => server.received.length).toBe(1);
    expect(await send()).toBe(0); // still the other's
    expect((await row(id)).waits).toBeGreaterThan(60);
    await makeDue(id); // the lease has run out
    expect(await send()).toBe(1);
    const [first, second] = server.received.map(({ data }) => header(data, 'Message-ID'));
    expect(first).toBe(second);
  });

  test('keeps credentials out of what it writes down', async () => {
    const id = await queue();
    const url = server.url.replace('smtp://', 'smtp://postmaster:s3cret-w0rd@');
    server.answer((command) => {
      if (command.startsWith('EHLO')) return '250-test\r\n250 AUTH PLAIN LOGIN';
      return command.startsWith('AUTH') ? `535 5.7.8 no: ${command}` : undefined;
    });
    await send(url);
    const { lastError, failedAt } = await row(id);
    expect(server.commands.some((command) => command.startsWith('AUTH'))).toBe(true);
    expect(failedAt).toBeNull();
    expect(lastError).toMatch(/EAUTH/);
    expect(lastError).not.toMatch(/s3cret|postmaster/);
    expect(lastError).not.toContain(Buffer.from('\0postmaster\0s3cret-w0rd').toString('base64'));
  });

  test('gives no password to a server elsewhere that offers no TLS', async () => {
    const id = await queue();
    // A name that is not this machine's by its looks, and leads here all the same.
    const url = server.url.replace('smtp://127.0.0.1', 'smtp://postmaster:s3cret-w0rd@0.0.0.0');
    server.answer((command) => (command.startsWith('EHLO') ? '250-test\r\n250 AUTH PLAIN LOGIN' : undefined));
    await send(url);
    expect(server.commands.join(' ')).not.toContain('AUTH');
    expect(await row(id)).toMatchObject({ sentAt: null, failedAt: null });
  });

  test.each([
    ['a@b.example\r\nBcc: eve@evil.example', null],
    ['a@b.example, eve@evil.example', null],
    ['"a" <a@b.example>', null],
    ['a@b.example> SIZE=1', null],
  ])('refuses %j, which is not one address', async (toAddress) => {
    const id = await queue({ toAddress });
    await send();
    expect((await row(id)).failedAt).not.toBeNull();
    expect(server.received).toEqual([]);
    expect(server.commands.filter((command) => command.startsWith('RCPT'))).toEqual([]);
  });

  test('lets no subject become another header', async () => {
    await queue({
      subject: 'Hello\r\nBcc: eve@evil.example\r\n\r\n<h1>mine</h1>',
      toAddress: 'ada@example.com',
    });
    expect(await send()).toBe(1);
    const [mail] = server.received;
    expect(mail?.to).toEqual(['ada@example.com']);
    expect(header(mail?.data ?? '', 'Bcc')).toBeUndefined();
    expect(header(mail?.data ?? '', 'Subject')).toMatch(/^Subject: Hello/);
  });
});

describe('cleanOutbox', () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

  test('deletes what was sent or given up over 30 days ago, and nothing else', async () => {
    const gone = [await queue({ sentAt: daysAgo(31) }), await queue({ failedAt: daysAgo(31) })];
    const kept = [await queue({ sentAt: daysAgo(29) }), await queue({ failedAt: daysAgo(1) }), await queue()];
    await cleanOutbox();
    const left = await db()
      .select({ id: mailOutbox.id })
      .from(mailOutbox)
      .where(inArray(mailOutbox.id, mails));
    expect(left.map(({ id }) => id).sort()).toEqual(kept.sort());
    expect(gone).toHaveLength(2);
  });

  test('gives up what has waited for over a week: it is not sent when a server comes at last', async () => {
    const old = await queue({ createdAt: daysAgo(8) });
    expect(await send()).toBe(0);
    await cleanOutbox();
    expect(await row(old)).toMatchObject({ attempts: 0, lastError: 'waited too long' });
    expect((await row(old)).failedAt).not.toBeNull();
  });
});
