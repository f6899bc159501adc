import type Stripe from 'stripe';
import { type Box, now } from '../box';
import { money } from '../engine/lines';
import { attachMethod, createCard } from '../engine/payment-methods';
import { attemptPayment, methodFor, type PaymentResult } from '../engine/payments';
import { customerOf } from '../engine/save';
import { StripeFailure } from '../errors';
import type { Form } from '../form';
import { invoicePdf } from '../pdf/invoice-pdf';
import { cardFields, type FieldErrors, fieldOf, readCard, testCardHelp } from './card-form';
import { startChallenge } from './challenge';
import { cardName, day, invoiceBadge } from './format';
import { type Html, html } from './html';
import { headers, nothing, type PageAnswer, redirect, toPage } from './layout';

/** The invoice that an address names: its id alone is not enough. */
export function invoiceAt(box: Box, token: string): Stripe.Invoice | undefined {
  const invoice = box.store.get('invoices', token.split('_secret_')[0] ?? '');
  return invoice?.hosted_invoice_url?.endsWith(`/i/${token}`) ? invoice : undefined;
}

/** The path of an invoice's page. */
export function invoicePath(invoice: Stripe.Invoice): string {
  return new URL(invoice.hosted_invoice_url ?? 'http://sandbox/').pathname;
}

/** The hosted invoice: what is on it, and a way to pay it. */
export function showInvoice(box: Box, token: string, notice?: string): PageAnswer {
  const invoice = invoiceAt(box, token);
  if (!invoice) return nothing('This invoice does not exist.');
  return invoicePage(box, invoice, {}, {}, notice);
}

/** The invoice as a PDF. */
export function pdfOf(box: Box, token: string): PageAnswer {
  const invoice = invoiceAt(box, token);
  if (!invoice) return nothing('This invoice does not exist.');
  const name = (invoice.number ?? invoice.id).replace(/[^\w-]/g, '');
  return {
    status: 200,
    headers: {
      ...headers(''),
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="${name}.pdf"`,
    },
    body: invoicePdf(invoice, box.accountName),
  };
}

/** Pays an open invoice with a card of the customer's, or with one that is typed and kept. */
export function postInvoice(box: Box, token: string, form: Form): PageAnswer {
  const invoice = invoiceAt(box, token);
  if (!invoice) return nothing('This invoice does not exist.');
  const path = invoicePath(invoice);
  if (invoice.status !== 'open') return redirect(path);
  const customer = customerOf(invoice);
  const chosen = fieldOf(form, 'method');
  const saved = box.store.get('payment_methods', chosen);
  const read = saved?.customer === customer ? null : readCard(form, now(box));
  if (read && 'errors' in read) return invoicePage(box, invoice, form, read.errors);
  try {
    const next = box.store.transaction(() => {
      const method = read
        ? attachMethod(box, createCard(box, read.card.card, read.card).id, customer).id
        : chosen;
      return pay(box, invoice.id, method, path);
    });
    if ('path' in next) return redirect(next.path);
    const current = box.store.get('invoices', invoice.id) ?? invoice;
    return invoicePage(box, current, form, {}, next.message);
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error;
    return invoicePage(box, invoice, form, { number: error.message });
  }
}

function pay(
  box: Box,
  invoice: string,
  method: string,
  path: string,
): { path: string } | { message: string } {
  const result = attemptPayment(box, invoice, { method, presence: 'on_session' });
  if (result.kind === 'paid') return { path };
  if (result.reason.kind === 'authenticate')
    return { path: startChallenge(box, method, { kind: 'invoice', invoice }) };
  return { message: messageOf(result) };
}

function messageOf(result: Extract<PaymentResult, { kind: 'failed' }>): string {
  return result.reason.kind === 'declined' ? result.reason.message : 'The payment could not be completed.';
}

/** Charges an invoice whose card's owner has proved that it is theirs. Answers with what the bank had against it, or null. */
export function payAfterChallenge(box: Box, invoiceId: string, method: string): string | null {
  return box.store.transaction(() => {
    if (box.store.get('invoices', invoiceId)?.status !== 'open') return null;
    const result = attemptPayment(box, invoiceId, { method, presence: 'on_session', isApproved: true });
    return result.kind === 'paid' ? null : messageOf(result);
  });
}

function invoicePage(
  box: Box,
  invoice: Stripe.Invoice,
  form: Form,
  errors: FieldErrors,
  notice?: string,
): PageAnswer {
  const { currency } = invoice;
  const isOpen = invoice.status === 'open';
  const due = invoice.status === 'paid' ? invoice.total : invoice.amount_remaining;
  const caption =
    invoice.status === 'paid'
      ? `paid ${day(invoice.status_transitions.paid_at ?? invoice.created)}`
      : invoice.due_date !== null
        ? `due ${day(invoice.due_date)}`
        : '';
  return toPage({
    title: `Invoice ${invoice.number ?? ''}`,
    body: html`<div class="${isOpen ? 'two uneven' : ''}">
<section class="card" aria-label="Invoice">
<div class="actions"><h1>Invoice ${invoice.number}</h1>${invoiceBadge(invoice)}</div>
<p class="amount">${money(due, currency)} <small>${caption}</small></p>
<ul class="rows tight small">
<li><span class="muted">From</span><span>${box.accountName}</span></li>
<li><span class="muted">To</span><span>${invoice.customer_name ?? invoice.customer_email ?? customerOf(invoice)}</span></li>
<li><span class="muted">Issued</span><span>${day(invoice.effective_at ?? invoice.created)}</span></li>
</ul>
<div class="scroll gap"><table>
<thead><tr><th>Description</th><th class="right hide-narrow">Quantity</th><th class="right">Amount</th></tr></thead>
<tbody>${invoice.lines.data.map((line) => invoiceLine(line, currency))}</tbody>
</table></div>
<ul class="rows tight">
<li><span class="muted">Subtotal</span><span class="num">${money(invoice.subtotal, currency)}</span></li>
${(invoice.total_discount_amounts ?? [])
  .filter(({ amount }) => amount !== 0)
  .map(
    ({ amount }) =>
      html`<li><span class="muted">Discount</span><span class="num">−${money(amount, currency)}</span></li>`,
  )}
<li class="total"><span>Total</span><span class="num">${money(invoice.total, currency)}</span></li>
${invoice.amount_due !== invoice.total && html`<li><span class="muted">Amount due after credit</span><span class="num">${money(invoice.amount_due, currency)}</span></li>`}
</ul>
<p class="gap"><a class="button" href="${invoicePath(invoice)}/pdf">Download PDF</a></p>
</section>
${isOpen && payForm(box, invoice, form, errors, notice)}
</div>`,
  });
}

function invoiceLine(line: Stripe.InvoiceLineItem, currency: string): Html {
  const { start, end } = line.period;
  return html`<tr><td>${line.description ?? 'Item'}${end > start && html`<div class="muted small">${day(start)} – ${day(end)}</div>`}</td>
<td class="right num hide-narrow">${line.quantity?.toLocaleString('en-US')}</td><td class="right num">${money(line.amount, currency)}</td></tr>`;
}

function payForm(box: Box, invoice: Stripe.Invoice, form: Form, errors: FieldErrors, notice?: string): Html {
  const saved = box.store.where('payment_methods', ({ customer }) => customer === customerOf(invoice));
  const chosen = fieldOf(form, 'method') || (methodFor(box, invoice) ?? saved[0]?.id ?? 'new');
  const isNew = Object.keys(errors).length > 0;
  return html`<section class="card" aria-label="Payment"><h2>Pay this invoice</h2>
${notice && html`<div class="notice bad" role="alert">${notice}</div>`}
${
  saved.length > 0 &&
  html`<form method="post">
${saved.map((method) => html`<label class="radio"><input type="radio" name="method" value="${method.id}"${method.id === chosen && html` checked`}> ${cardName(method)}</label>`)}
<button class="primary wide">Pay ${money(invoice.amount_remaining, invoice.currency)}</button>
</form>`
}
<details${(saved.length === 0 || isNew) && html` open`}><summary>${saved.length > 0 ? 'Pay with another card' : 'Card'}</summary>
<form method="post"><input type="hidden" name="method" value="new"><div class="gap"></div>
${cardFields(form, errors)}
<button class="${saved.length > 0 ? '' : 'primary '}wide">Pay with this card</button></form>
</details>
${testCardHelp}</section>`;
}
