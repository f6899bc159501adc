import { randomBytes } from 'node:crypto';
import { Html, html } from './html';
import { style } from './style';

type Page = {
  title: string;
  body: Html;
  status?: number;
  isNarrow?: boolean;
  /** Where the browser goes by itself after a moment: a page of the app. */
  goesTo?: string;
};

/** What a browser is answered. */
export type PageAnswer = { status: number; headers: Record<string, string>; body: string | Buffer };

/** A whole page. It says that no money moves, runs no script, is in no frame and is not kept. */
export function toPage(page: Page): PageAnswer {
  const nonce = randomBytes(16).toString('base64');
  // Set as text: a style is no place for escaped characters, and this one is ours.
  const sheet = new Html(`<style nonce="${nonce}">${style}</style>`);
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${page.goesTo !== undefined && html`<meta http-equiv="refresh" content="0;url=${page.goesTo}">`}
<title>${page.title} · Sandbox</title>
${sheet}
</head>
<body>
<div class="sandbox" role="note"><strong>Sandbox</strong>This is not Stripe. No real money moves, and only test cards work.</div>
<main class="${page.isNarrow ? 'narrow' : ''}">
${page.body}
</main>
</body>
</html>`;
  return {
    status: page.status ?? 200,
    headers: { ...headers(nonce), 'content-type': 'text/html; charset=utf-8' },
    body: document.text,
  };
}

/** Leads the browser on to another hosted page. */
export function redirect(path: string): PageAnswer {
  return { status: 303, headers: { ...headers(''), location: path }, body: '' };
}

/** A page for an address where there is nothing. */
export function nothing(what: string): PageAnswer {
  return toPage({
    status: 404,
    title: 'Not found',
    isNarrow: true,
    body: html`<div class="card"><h1>There is nothing here</h1><p class="muted">${what}</p></div>`,
  });
}

/** What every hosted page is sent with. */
export function headers(nonce: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    // Forms go to the sandbox alone; back to the app the page itself leads, after the redirect that ends a form.
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'cross-origin-opener-policy': 'same-origin',
    // Not `no-referrer`: a form would then be sent without its origin, which is checked.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}
