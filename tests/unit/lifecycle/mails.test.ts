import { describe, expect, test } from 'vitest';
import {
  confirmSignUpMail,
  confirmWorkspaceMail,
  deletionCancelledMail,
  deletionRequestedMail,
  erasureReceiptMail,
} from '@/lib/mail/templates';
import { nameFromEmail } from '@/lib/workflows/api-sign-up/rules';

const to = 'ada@example.com';
const facts = { name: 'Acme <b>', host: 'acme.ragtoolkit.localhost:3000' };
const link = 'http://acme.ragtoolkit.localhost:3000/';

describe('mails of a workspace’s life', () => {
  const at = '2026-11-23T08:15:42.000Z';
  const mails = [
    deletionRequestedMail(to, { ...facts, by: 'bob@example.com', deleteAfter: at, undoUrl: link }),
    deletionCancelledMail(to, { name: facts.name, by: null, url: link }),
    erasureReceiptMail(to, { ...facts, receipt: '{"a":"<i>"}', rowCounts: { traces: 2 }, erasedAt: at }),
    confirmSignUpMail(to, { ...facts, link }),
    confirmWorkspaceMail(to, { ...facts, link }),
  ];

  test.each(mails)('“$subject” names the workspace, and lets no markup through', (mail) => {
    expect(mail.to).toBe(to);
    expect(mail.subject).toContain('Acme');
    expect(mail.html).not.toMatch(/<(b|i)>/);
  });

  test('say when, to the minute and in UTC', () => {
    expect(mails[0]?.text).toContain('2026-11-23, 08:15 UTC');
    expect(mails[2]?.text).toContain('2026-11-23, 08:15 UTC');
  });

  test('carry the link on a line of its own', () => {
    for (const mail of [mails[0], mails[1], mails[3], mails[4]])
      expect(mail?.text.split('\n')).toContain(link);
  });

  test('tell the rows of each table', () => {
    expect(mails[2]?.text).toContain('traces: 2');
  });
});

describe('nameFromEmail', () => {
  test.each([
    ['ada@example.com', 'ada'],
    ['"a@b"@example.com', '"a@b"'],
    [`${'x'.repeat(100)}@example.com`, 'x'.repeat(80)],
  ])('of %s is %s', (email, name) => expect(nameFromEmail(email)).toBe(name));
});
