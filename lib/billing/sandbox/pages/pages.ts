import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Box } from '../box';
import { StripeFailure } from '../errors';
import { decodeForm, type Form, FormError } from '../form';
import { fieldOf } from './card-form';
import { showChallenge, takeChallenge } from './challenge';
import { completeAfterChallenge, postCheckout, showCheckout } from './checkout';
import { html } from './html';
import { invoicePath, payAfterChallenge, pdfOf, postInvoice, showInvoice } from './invoice';
import { nothing, type PageAnswer, redirect, toPage } from './layout';
import { keepAfterChallenge, postPortal, showPortal } from './portal';

const NOT_AUTHENTICATED = 'We could not authenticate your card. Try again, or use another one.';

/** Answers a browser. What a form has changed is on the disk before its answer is sent. */
export async function answerPage(
  box: Box,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): Promise<void> {
  const answer = orRefusal(() => toAnswer(box, request, url, body));
  await box.store.flushed();
  response.writeHead(answer.status, answer.headers);
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** What the API would answer with an error, a page says in words. */
function orRefusal(answer: () => PageAnswer): PageAnswer {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return toPage({
      status: error.status,
      title: 'Not possible',
      isNarrow: true,
      body: html`<div class="card"><h1>This is not possible</h1><p class="muted">${error.message}</p></div>`,
    });
  }
}

function toAnswer(box: Box, request: IncomingMessage, url: URL, body: string): PageAnswer {
  const { method = '' } = request;
  if (!['GET', 'HEAD', 'POST'].includes(method)) return nothing('There is no such page.');
  if (method !== 'POST') return route(box, false, url, {});
  if (!isSameSite(box, request)) return refusal();
  const form = readForm(body);
  return form ? route(box, true, url, form) : nothing('This form cannot be read.');
}

/** A form on another site may not be sent here. Programs say no origin. */
function isSameSite(box: Box, request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin === undefined || origin === box.origin || origin === `http://${host}`;
}

function refusal(): PageAnswer {
  return toPage({
    status: 403,
    title: 'Refused',
    isNarrow: true,
    body: html`<div class="card"><h1>Refused</h1><p class="muted">This form was sent from another site.</p></div>`,
  });
}

function readForm(body: string): Form | null {
  try {
    return decodeForm(body);
  } catch (error) {
    if (error instanceof FormError) return null;
    throw error;
  }
}

function route(box: Box, isForm: boolean, url: URL, form: Form): PageAnswer {
  const [, checkout] = /^\/c\/pay\/(\w+)$/.exec(url.pathname) ?? [];
  if (checkout)
    return isForm ? postCheckout(box, checkout, form) : showCheckout(box, checkout, noticeOf(url));
  const [, portal] = /^\/p\/session\/(\w+)$/.exec(url.pathname) ?? [];
  if (portal) {
    const view = url.searchParams.get('view') ?? '';
    return isForm ? postPortal(box, portal, form) : showPortal(box, portal, view, noticeOf(url));
  }
  const [, invoice, pdf] = /^\/i\/(\w+)(\/pdf)?$/.exec(url.pathname) ?? [];
  if (invoice && pdf) return pdfOf(box, invoice);
  if (invoice) return isForm ? postInvoice(box, invoice, form) : showInvoice(box, invoice, noticeOf(url));
  const [, challenge] = /^\/3ds\/(\w+)$/.exec(url.pathname) ?? [];
  if (challenge) return isForm ? answerChallenge(box, challenge, form) : showChallenge(box, challenge);
  return nothing('There is no such page.');
}

/** What went wrong one page before, by a name in the address: texts from there are never shown. */
const notices: Record<string, string> = {
  authentication: NOT_AUTHENTICATED,
  declined: 'Your card was declined. Try another one.',
};

function noticeOf(url: URL): string | undefined {
  const name = url.searchParams.get('problem') ?? '';
  return Object.hasOwn(notices, name) ? notices[name] : undefined;
}

function answerChallenge(box: Box, id: string, form: Form): PageAnswer {
  const challenge = takeChallenge(box, id);
  if (!challenge) return nothing('This request to authenticate is over.');
  const purpose = challenge.for;
  const method = challenge.paymentMethod;
  const isApproved = fieldOf(form, 'action') === 'approve';
  if (purpose.kind === 'checkout') {
    const problem = isApproved ? completeAfterChallenge(box, purpose.session, method) : 'authentication';
    return redirect(withProblem(`/c/pay/${purpose.session}`, isApproved, problem));
  }
  if (purpose.kind === 'invoice') {
    const invoice = box.store.get('invoices', purpose.invoice);
    if (!invoice) return nothing('This invoice does not exist.');
    const problem = isApproved ? payAfterChallenge(box, invoice.id, method) : 'authentication';
    return redirect(withProblem(invoicePath(invoice), isApproved, problem));
  }
  if (isApproved) keepAfterChallenge(box, purpose.session, method);
  const path = `/p/session/${purpose.session}`;
  return redirect(isApproved ? `${path}?view=done` : `${path}?view=add-card&problem=authentication`);
}

function withProblem(path: string, isApproved: boolean, problem: string | null): string {
  return problem === null ? path : `${path}?problem=${isApproved ? 'declined' : 'authentication'}`;
}
