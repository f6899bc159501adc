import type { Mail } from './outbox';

/** The mail with a sign-in link, which works once and for an hour. */
export function signInLinkMail(to: string, link: string, host: string): Mail {
  return compose(to, `Sign in to ${host}`, [
    `Use this link to sign in to ${host}. It works once, within the next hour.`,
    link,
    'If you did not ask for it, ignore this mail: nobody can sign in without the link.',
  ]);
}

/** Both parts of a mail from the same paragraphs; a paragraph that is an address becomes a link. */
function compose(to: string, subject: string, paragraphs: readonly string[]): Mail {
  const html = paragraphs
    .map((text) =>
      /^https?:\/\/\S+$/.test(text)
        ? `<p><a href="${escapeHtml(text)}">${escapeHtml(text)}</a></p>`
        : `<p>${escapeHtml(text)}</p>`,
    )
    .join('\n');
  return {
    to,
    subject,
    text: paragraphs.join('\n\n'),
    html: `<!doctype html>\n<html lang="en"><body>\n${html}\n</body></html>`,
  };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
