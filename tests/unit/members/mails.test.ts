import { describe, expect, test } from 'vitest';
import { invitationMail, removedMail, roleChangedMail } from '@/lib/mail/templates';

const to = 'ben@example.com';
const facts = { name: 'Acme <b>', host: 'acme.ragtoolkit.localhost:3000', by: 'Ada <i> (ada@example.com)' };
const link = 'http://cloud.ragtoolkit.localhost:3000/invitations/accept?token=x';

describe('mails about members', () => {
  const mails = [
    invitationMail(to, { ...facts, role: 'analyst', link, days: 7 }),
    removedMail(to, facts),
    roleChangedMail(to, { ...facts, role: 'viewer', url: link }),
  ];

  test.each(mails)('“$subject” says which workspace and by whom, and lets no markup through', (mail) => {
    expect(mail.to).toBe(to);
    expect(mail.subject).toContain('Acme');
    expect(mail.text).toContain(facts.host);
    expect(mail.text).toContain('ada@example.com');
    expect(mail.html).not.toMatch(/<(b|i)>/);
  });

  test('of an invitation has the link on a line of its own, and says for whom and how long', () => {
    expect(mails[0]?.text.split('\n')).toContain(link);
    expect(mails[0]?.text).toContain(`for 7 days, for ${to} alone`);
  });

  test('name a role as one says it', () => {
    expect(mails[0]?.text).toContain('as an analyst.');
    expect(mails[2]?.subject).toBe('You are a viewer of Acme <b> now');
  });

  test('name an admin where no person acted', () => {
    expect(removedMail(to, { ...facts, by: null }).text).toContain('An admin removed you');
  });
});
