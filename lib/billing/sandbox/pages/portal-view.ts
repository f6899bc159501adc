import type Stripe from 'stripe';
import type { Box } from '../box';
import { fullPrice, money, productName } from '../engine/lines';
import type { Form } from '../form';
import { cardFields, type FieldErrors, testCardHelp } from './card-form';
import { priceText } from './checkout';
import { cardExpiry, cardName, day, invoiceBadge, subscriptionBadge } from './format';
import { type Html, html } from './html';
import { invoicePath } from './invoice';
import { type PageAnswer, toPage } from './layout';

/** A portal session with whom and what it is for. */
export type Portal = {
  session: Stripe.BillingPortal.Session;
  customer: Stripe.Customer;
  features: Stripe.BillingPortal.Configuration.Features;
  path: string;
};

/** When the last of a subscription's items reaches the end of what is paid. */
export function periodEnd(subscription: Stripe.Subscription): number {
  return Math.max(...subscription.items.data.map((item) => item.current_period_end));
}

function returnLink({ session }: Portal): Html | false {
  return session.return_url !== null && html`<a class="back" href="${session.return_url}">← Return</a>`;
}

/** Everything that the portal shows. */
export function overviewPage(box: Box, portal: Portal, notice?: string): PageAnswer {
  const { customer, features } = portal;
  const subscriptions = box.store.where(
    'subscriptions',
    (row) => row.customer === customer.id && row.ended_at === null,
  );
  const cards = box.store.where('payment_methods', (row) => row.customer === customer.id);
  const invoices = box.store
    .where('invoices', (row) => row.customer === customer.id && row.status !== 'draft')
    .reverse();
  // A subscription may have a card of its own: that one is charged.
  const charged =
    subscriptions.find((row) => row.default_payment_method !== null)?.default_payment_method ??
    customer.invoice_settings.default_payment_method;
  const isOpen = invoices.some(({ status }) => status === 'open');
  return toPage({
    title: 'Billing portal',
    body: html`${returnLink(portal)}
<h1>Billing</h1><p class="muted">${customer.name ?? customer.email ?? customer.id}</p>
${notice && html`<div class="notice bad" role="alert">${notice}</div>`}
${isOpen && html`<div class="notice warn">An invoice is waiting to be paid. Choose <em>Pay</em> below.</div>`}
<div class="stack">
<section class="card"><h2>Subscription</h2>
${
  subscriptions.length === 0
    ? html`<p class="muted">There is no subscription.</p>`
    : html`<ul class="rows wide-rows">${subscriptions.map((row) => subscriptionRow(box, portal, row))}</ul>`
}</section>
<section class="card"><h2>Cards</h2>
${
  cards.length === 0
    ? html`<p class="muted">There is no card.</p>`
    : html`<ul class="rows wide-rows">${cards.map((row) => cardRow(portal, row, row.id === charged))}</ul>`
}
${features.payment_method_update.enabled && html`<a class="button gap" href="${portal.path}?view=add-card">Add a card</a>`}</section>
${features.invoice_history.enabled && invoiceSection(invoices)}
</div>`,
  });
}

function subscriptionRow(box: Box, { features, path }: Portal, subscription: Stripe.Subscription): Html {
  const end = periodEnd(subscription);
  const isEnding = subscription.cancel_at !== null;
  const when = isEnding ? `Ends ${day(subscription.cancel_at ?? end)}` : `Renews ${day(end)}`;
  return html`<li><div>
${subscription.items.data.map((item) => {
  const price = fullPrice(box, item.price);
  const quantity = item.quantity !== undefined && item.quantity > 1 ? ` × ${item.quantity}` : '';
  return html`<div>${productName(box, price)}${quantity} <span class="muted small">${priceText(price)}</span></div>`;
})}
<div class="muted small">${when}</div></div>
<div class="actions">${subscriptionBadge(subscription)}
${
  features.subscription_cancel.enabled &&
  (isEnding
    ? html`<form method="post"><input type="hidden" name="id" value="${subscription.id}"><button name="action" value="resume">Resume</button></form>`
    : html`<a class="button" href="${path}?view=cancel-${subscription.id}">Cancel</a>`)
}</div></li>`;
}

function cardRow({ features }: Portal, method: Stripe.PaymentMethod, isDefault: boolean): Html {
  return html`<li><div>${cardName(method)} <span class="muted small">${cardExpiry(method)}</span></div>
<form method="post" class="actions"><input type="hidden" name="id" value="${method.id}">
${isDefault && html`<span class="badge good">Default</span>`}
${features.payment_method_update.enabled && !isDefault && html`<button class="link" name="action" value="set_default">Make default</button>`}
${features.payment_method_update.enabled && html`<button class="link" name="action" value="remove" aria-label="Remove ${cardName(method)}">Remove</button>`}
</form></li>`;
}

function invoiceSection(invoices: Stripe.Invoice[]): Html {
  return html`<section class="card"><h2>Invoices</h2>
${
  invoices.length === 0
    ? html`<p class="muted">There is no invoice yet.</p>`
    : html`<div class="scroll"><table><thead><tr><th>Date</th><th class="hide-narrow">Number</th><th class="right">Amount</th><th>Status</th><th></th></tr></thead><tbody>
${invoices.map(
  (
    row,
  ) => html`<tr><td class="num">${day(row.effective_at ?? row.created)}</td><td class="hide-narrow num">${row.number}</td><td class="right num">${money(row.total, row.currency)}</td><td>${invoiceBadge(row)}</td>
<td class="right"><a href="${invoicePath(row)}">${row.status === 'open' ? 'Pay' : 'View'}</a> <a href="${invoicePath(row)}/pdf">PDF</a></td></tr>`,
)}</tbody></table></div>`
}</section>`;
}

/** The form for another card. */
export function cardPage(portal: Portal, form: Form, errors: FieldErrors, notice?: string): PageAnswer {
  const isFlow = portal.session.flow !== null;
  return toPage({
    title: 'Add a card',
    isNarrow: true,
    body: html`${isFlow ? returnLink(portal) : html`<a class="back" href="${portal.path}">← Billing</a>`}
<section class="card"><h1>Add a card</h1><p class="muted">It becomes the one that is charged.</p>
${notice && html`<div class="notice bad" role="alert">${notice}</div>`}
<form method="post"><input type="hidden" name="action" value="add">
${cardFields(form, errors)}
<button class="primary wide">Add card</button></form>
${testCardHelp}</section>`,
  });
}

/** Asks whether a subscription shall be cancelled. */
export function cancelPage(box: Box, portal: Portal, subscription: Stripe.Subscription): PageAnswer {
  const isNow = portal.features.subscription_cancel.mode === 'immediately';
  const [first] = subscription.items.data;
  const name = first ? productName(box, fullPrice(box, first.price)) : 'the subscription';
  return toPage({
    title: 'Cancel',
    isNarrow: true,
    body: html`<a class="back" href="${portal.path}">← Billing</a>
<section class="card"><h1>Cancel ${name}?</h1>
<p class="muted">${isNow ? 'It ends at once.' : `It stays until ${day(periodEnd(subscription))} and does not renew. Until then you can take this back.`}</p>
<form method="post" class="actions"><input type="hidden" name="id" value="${subscription.id}">
<button class="bad" name="action" value="cancel">Cancel subscription</button>
<a class="button" href="${portal.path}">Keep it</a></form></section>`,
  });
}
