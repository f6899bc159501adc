import { describe, expect, test } from 'vitest';
import { compose } from '@/lib/mail/layout';
import { signInLinkMail } from '@/lib/mail/templates';

const link = 'http://acme.ragtoolkit.localhost:3000/api/auth/callback/email?token=abc&email=a%40b.example';

/** The words that a reader of the HTML part sees. */
function wordsOf(html: string): string {
  return html
    .replace(/<(style|title)>[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#10003;', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}

const tagsOf = (html: string) =>
  new Set([...html.matchAll(/<\/?([a-z!][a-z0-9]*)/gi)].map(([, name]) => name));
const ourTags = tagsOf(compose('a@b.example', 'Subject', ['words', link]).html);

describe('signInLinkMail', () => {
  const mail = signInLinkMail('ada@example.com', link, 'acme.ragtoolkit.localhost:3000');

  test('goes to the person, and names the host', () => {
    expect(mail.to).toBe('ada@example.com');
    expect(mail.subject).toContain('acme.ragtoolkit.localhost:3000');
  });

  test('has the link whole in the text, on a line of its own, and escaped in the HTML', () => {
    expect(mail.text.split('\n')).toContain(link);
    const href = /href="([^"]*)"/.exec(mail.html)?.[1] ?? '';
    expect(href).toContain('&amp;');
    expect(href.replaceAll('&amp;', '&')).toBe(link);
  });
});

describe('compose', () => {
  test('says the same in both parts', () => {
    const content = ['First “words” & more.', { label: 'Sign in', href: link }, 'Last words.'];
    const { html, text } = compose('a@b.example', 'Subject', content);
    expect(wordsOf(html)).toBe(
      `RAG Toolkit Cloud Subject First “words” & more. Sign in Or open this address: ${link} Last words.`,
    );
    expect(text).toBe(`First “words” & more.\n\nSign in:\n${link}\n\nLast words.\n\n-- \nRAG Toolkit Cloud`);
  });

  test('makes a button and a bare address of a paragraph that is an address', () => {
    const { html, text } = compose('a@b.example', 'Subject', [link]);
    expect(wordsOf(html)).toBe(`RAG Toolkit Cloud Subject Continue Or open this address: ${link}`);
    expect(text.split('\n')).toContain(link);
  });

  test.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    'a&b<c>"d"',
    '</style></title><h1>mine</h1>',
  ])('lets no markup of %s through, wherever it stands', (hostile) => {
    const { html, subject, text } = compose('a@b.example', hostile, [
      hostile,
      { label: hostile, href: `https://x.example/${hostile.replaceAll(' ', '')}` },
    ]);
    expect(tagsOf(html)).toEqual(ourTags);
    for (const [, attributes = ''] of html.matchAll(/<a ([^>]*)>/g))
      expect(attributes).toMatch(/^class="\w+" href="[^"<>]*" style="[^"<>]*"$/);
    expect(wordsOf(html)).toContain(hostile);
    expect(subject).toBe(hostile);
    expect(text).toContain(hostile);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'mailto:a@b.example',
    '//evil.example',
    'https://a b',
  ])('follows no link to %s', (href) => {
    expect(compose('a@b.example', 'Subject', [href, { label: 'Open', href }]).html).not.toContain('<a ');
  });

  test('keeps a text on its line, and in its direction', () => {
    const { subject, text } = compose('a@b.example', 'Acme\r\nBcc: eve@evil.example\u0000', [
      'from \u202eelpmaxe.live\u2066\nsecond line\ud800',
    ]);
    expect(subject).toBe('Acme Bcc: eve@evil.example');
    expect(text.split('\n')[0]).toBe('from elpmaxe.live second line\ufffd');
  });

  test('has colours for the night beside those of the day', () => {
    const { html } = compose('a@b.example', 'Subject', ['words', link]);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    const night = /@media \(prefers-color-scheme: dark\) \{([\s\S]*?)\n\}/.exec(html)?.[1] ?? '';
    const classes = new Set([...html.matchAll(/class="([\w-]+)"/g)].map(([, name]) => name));
    for (const name of classes) expect(night, name).toContain(`.${name} {`);
  });
});
