import type { Mail } from './outbox';

/** What a mail offers to do: a button in the HTML part, its label above the bare address in the text part. */
export type MailLink = { label: string; href: string };

/** The label of a link that brings none. */
const DEFAULT_LABEL = 'Continue';

/** By day and by night; the same as in app/globals.css, which mail clients cannot read. */
const day = {
  page: '#fbfaf8',
  card: '#fffefe',
  border: '#dfdeda',
  ink: '#192026',
  quiet: '#565f66',
  primary: '#005a73',
  onPrimary: '#f6fbfd',
};
const night: typeof day = {
  page: '#111619',
  card: '#171d21',
  border: '#2c3338',
  ink: '#e7e6e2',
  quiet: '#a0a9af',
  primary: '#60b8cd',
  onPrimary: '#011720',
};

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const PRODUCT = 'RAG Toolkit Cloud';

/**
 * Both parts of a mail from the same content: paragraphs, and links to follow. A paragraph that is nothing but an http(s)
 * address is a link too. Texts may hold what strangers chose, such as a workspace's name: markup in them stays text, and
 * characters that break lines or turn the direction of reading are taken out.
 */
export function compose(to: string, subject: string, content: readonly (string | MailLink)[]): Mail {
  const title = clean(subject);
  const blocks = content.map(toBlock);
  const text = blocks.map((block) =>
    typeof block === 'string' ? block : block.label ? `${block.label}:\n${block.href}` : block.href,
  );
  return {
    to,
    subject: title,
    text: [...text, `-- \n${PRODUCT}`].join('\n\n'),
    html: page(
      title,
      blocks.map((block) => (typeof block === 'string' ? paragraph(block) : button(block))),
    ),
  };
}

function toBlock(part: string | MailLink): string | MailLink {
  if (typeof part !== 'string') {
    const href = clean(part.href);
    // A link that is no address is shown and not followed.
    return isAddress(href) ? { label: clean(part.label), href } : href;
  }
  const text = clean(part);
  return isAddress(text) ? { label: '', href: text } : text;
}

function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text);
}

/** Text on one line: no control characters, and none of those that reverse what stands behind them. */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

function paragraph(text: string): string {
  return `<p class="ink" style="margin:0 0 16px;color:${day.ink};overflow-wrap:anywhere">${escapeHtml(text)}</p>`;
}

function button({ label, href }: MailLink): string {
  const address = escapeHtml(href);
  return `<p style="margin:24px 0 12px"><a class="button" href="${address}" style="display:inline-block;padding:11px 20px;border-radius:8px;background-color:${day.primary};color:${day.onPrimary};font-weight:600;text-decoration:none">${escapeHtml(label || DEFAULT_LABEL)}</a></p>
<p class="quiet" style="margin:0 0 24px;color:${day.quiet};font-size:13px;line-height:1.5;overflow-wrap:anywhere;word-break:break-word">Or open this address: <a class="link" href="${address}" style="color:${day.primary}">${address}</a></p>`;
}

/** The frame: colours stand in the elements, as clients keep them, and again by class for clients that know the night. */
function page(title: string, blocks: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
.page { background-color: ${night.page} !important; }
.card { background-color: ${night.card} !important; border-color: ${night.border} !important; }
.ink { color: ${night.ink} !important; }
.quiet { color: ${night.quiet} !important; }
.link { color: ${night.primary} !important; }
.button { background-color: ${night.primary} !important; color: ${night.onPrimary} !important; }
.mark { background-color: ${night.primary} !important; color: ${night.onPrimary} !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:32px 16px;background-color:${day.page};font-family:${FONT};font-size:15px;line-height:1.6">
<div style="max-width:560px;margin:0 auto">
<p style="margin:0 0 16px;font-weight:600"><span class="mark" aria-hidden="true" style="display:inline-block;width:24px;height:24px;margin-right:8px;border-radius:6px;background-color:${day.primary};color:${day.onPrimary};font-size:15px;line-height:24px;text-align:center">&#10003;</span><span class="ink" style="color:${day.ink}">${PRODUCT}</span></p>
<div class="card" style="padding:28px 28px 12px;border:1px solid ${day.border};border-radius:12px;background-color:${day.card}">
<h1 class="ink" style="margin:0 0 16px;color:${day.ink};font-size:20px;font-weight:600;line-height:1.35;overflow-wrap:anywhere">${escapeHtml(title)}</h1>
${blocks.join('\n')}
</div>
</div>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
