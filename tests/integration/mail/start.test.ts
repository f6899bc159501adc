import { afterAll, expect, test } from 'vitest';
import { migrate } from '@/db/migrate';
import { withPlatform } from '@/db/tenant';
import { startMailDelivery } from '@/lib/mail/delivery';
import { queueMail } from '@/lib/mail/outbox';
import { signInLinkMail } from '@/lib/mail/templates';
import { createDatabase, migrationsFolder } from '@/tests/support/databases';
import { startSmtpServer } from '@/tests/support/smtp';

// Before anything reads the environment.
const server = await startSmtpServer();
process.env.SMTP_URL = server.url;
const database = await createDatabase();
process.env.DATABASE_URL = database.url;
await migrate({ adminUrl: database.url, folder: migrationsFolder });

// The database goes with its cluster: deliveries run as long as the process, and a database that is dropped while one of them
// connects leaves that one waiting.
afterAll(() => server.close());

const mail = (to: string) => signInLinkMail(to, 'http://acme.ragtoolkit.localhost:3000/x', 'acme');
/** Well below the time between two sweeps. */
const soon = { timeout: 2_500, interval: 20 };

test('a mail goes out when what it speaks of is committed, without waiting for the sweep, and not before', async () => {
  startMailDelivery();
  startMailDelivery();
  await withPlatform((db) => queueMail(db, mail('first@example.com')));
  await expect.poll(() => server.received.length, { timeout: 8_000 }).toBe(1);

  // The sweep has just run: what comes now within a moment was woken.
  await withPlatform(async (db) => {
    await queueMail(db, mail('never@example.com'));
    throw new Error('it has not happened');
  }).catch(() => {});
  await withPlatform((db) => queueMail(db, mail('second@example.com')));
  await expect.poll(() => server.received.length, soon).toBe(2);
  expect(server.received.map(({ to }) => to)).toEqual([['first@example.com'], ['second@example.com']]);
});
