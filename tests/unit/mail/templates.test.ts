import { describe, expect, test } from 'vitest';
import { signInLinkMail } from '@/lib/mail/templates';

describe('signInLinkMail', () => {
  const link = 'http://acme.ragtoolkit.localhost:3000/api/auth/callback/email?token=abc&email=a%40b.example';
  const mail = signInLinkMail('ada@example.com', link, 'acme.ragtoolkit.localhost:3000');

  test('goes to the person, and names the host', () => {
    expect(mail.to).toBe('ada@example.com');
    expect(mail.subject).toContain('acme.ragtoolkit.localhost:3000');
  });

  test('has the link whole in the text, and escaped in the HTML', () => {
    expect(mail.text.split('\n')).toContain(link);
    const href = /href="([^"]*)"/.exec(mail.html)?.[1] ?? '';
    expect(href).toContain('&amp;');
    expect(href.replaceAll('&amp;', '&')).toBe(link);
  });

  test('says the same in both parts', () => {
    const words = mail.html
      .replace(/<[^>]+>/g, ' ')
      .replaceAll('&amp;', '&')
      .split(/\s+/)
      .filter(Boolean)
      .join(' ');
    expect(words).toBe(mail.text.split(/\s+/).join(' '));
  });

  test.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'a&b<c>"d"'])(
    'lets no markup of %s through',
    (text) => {
      const { html } = signInLinkMail('a@b.example', `http://x/${text.replaceAll(' ', '')}`, text);
      const tags = [...html.matchAll(/<\/?([a-z!]+)/gi)].map(([, name]) => name?.toLowerCase());
      expect(new Set(tags)).toEqual(new Set(['!doctype', 'html', 'body', 'p', 'a']));
      expect([...html.matchAll(/<a ([^>]*)>/g)].map(([, attributes]) => attributes)).toEqual([
        expect.stringMatching(/^href="[^"<>]*"$/),
      ]);
    },
  );

  test('makes no link of what is no address', () => {
    const { html } = signInLinkMail('a@b.example', 'javascript:alert(1)', 'host');
    expect(html).not.toContain('<a ');
  });
});
