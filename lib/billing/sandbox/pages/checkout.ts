import type Stripe from 'stripe';
import { type Box, now } from '../box';
import { applyPromotionCode, completeSession, quote } from '../engine/checkout';
import { every, fullPrice, isMetered, modelOf, money } from '../engine/lines';
import { createCard } from '../engine/payment-methods';
import { StripeFailure } from '../errors';
import type { Form } from '../form';
import { idOf } from '../wire';
import { cardFields, type FieldErrors, field, fieldOf, readCard, testCardHelp } from './card-form';
import { startChallenge } from './challenge';
import { day } from './format';
import { type Html, html } from './html';
import { nothing, type PageAnswer, redirect, toPage } from './layout';

/** Checkout: what is bought, and a card to pay it with. */
export function showCheckout(box: Box, id: string, notice?: string): PageAnswer {
  const session = box.store.get('checkout_sessions', id);
  if (!session) return nothing('This Checkout session does not exist.');
  if (session.status === 'complete') return donePage(session);
  if (session.status === 'expired') return expiredPage(session);
  return checkoutPage(box, session, {}, {}, notice);
}

/** Takes what was typed: a promotion code, or a card. Sent twice, it happens once. */
export function postCheckout(box: Box, id: string, form: Form): PageAnswer {
  const session = box.store.get('checkout_sessions', id);
  if (!session) return nothing('This Checkout session does not exist.');
  const path = `/c/pay/${id}`;
  if (session.status !== 'open') return redirect(path);
  const action = fieldOf(form, 'action');
  if (action === 'apply_code' || action === 'remove_code') {
    const error = enterCode(box, session, action === 'apply_code' ? fieldOf(form, 'code') : null);
    return error ? checkoutPage(box, session, form, { code: error }) : redirect(path);
  }
  const read = readCard(form, now(box));
  const email = emailOf(box, session) ?? fieldOf(form, 'email');
  const emailError = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : 'An email address.';
  if ('errors' in read || emailError) {
    const errors = 'errors' in read ? read.errors : {};
    return checkoutPage(box, session, form, { ...errors, ...(emailError && { email: emailError }) });
  }
  const { card } = read;
  try {
    const next = box.store.transaction(() => {
      const method = createCard(box, card.card, { ...card, email });
      const payer = { method: method.id, email, name: card.name };
      const result = completeSession(box, session, payer, false);
      if (result.kind === 'declined') throw new Declined(result.message);
      if (result.kind === 'complete') return path;
      return startChallenge(box, method.id, { kind: 'checkout', session: id });
    });
    return redirect(next);
  } catch (error) {
    const message = error instanceof Declined || error instanceof StripeFailure ? error.message : null;
    if (message === null) throw error;
    return checkoutPage(box, session, form, { number: message });
  }
}

/** Ends the attempt without leaving anything of it. */
class Declined extends Error {}

/** Completes a session whose card's owner has proved that it is theirs. Answers with what the bank had against it, or null. */
export function completeAfterChallenge(box: Box, sessionId: string, methodId: string): string | null {
  try {
    box.store.transaction(() => {
      const session = box.store.get('checkout_sessions', sessionId);
      const method = box.store.get('payment_methods', methodId);
      if (!session || !method || session.status !== 'open') return;
      const { email, name } = method.billing_details;
      const result = completeSession(box, session, { method: methodId, email, name }, true);
      if (result.kind === 'declined') throw new Declined(result.message);
    });
    return null;
  } catch (error) {
    if (error instanceof Declined || error instanceof StripeFailure) return error.message;
    throw error;
  }
}

function enterCode(box: Box, session: Stripe.Checkout.Session, code: string | null): string | null {
  if (code === '') return 'Type a code first.';
  try {
    box.store.transaction(() => applyPromotionCode(box, session, code));
    return null;
  } catch (error) {
    if (error instanceof StripeFailure) return 'This code is invalid.';
    throw error;
  }
}

function emailOf(box: Box, session: Stripe.Checkout.Session): string | null {
  const customer = session.customer ? box.store.get('customers', idOf(session.customer)) : undefined;
  return customer?.email ?? session.customer_email;
}

function checkoutPage(
  box: Box,
  session: Stripe.Checkout.Session,
  form: Form,
  errors: FieldErrors,
  notice?: string,
): PageAnswer {
  const email = emailOf(box, session);
  return toPage({
    title: 'Checkout',
    body: html`${
      session.cancel_url && html`<a class="back" href="${session.cancel_url}">← Back without paying</a>`
    }
<div class="two">
<section aria-label="Your order">${summary(box, session, errors, form)}</section>
<section class="card" aria-label="Payment">
${notice && html`<div class="notice bad" role="alert">${notice}</div>`}
<form method="post">
<input type="hidden" name="action" value="pay">
${field('Email', 'email', {
  value: email ?? fieldOf(form, 'email'),
  error: errors.email,
  autocomplete: 'email',
  mode: 'email',
  readonly: email !== null,
})}
${cardFields(form, errors)}
<button class="primary wide">Subscribe</button>
<p class="muted small">Renews by itself until it is cancelled.</p>
</form>
${testCardHelp}
</section>
</div>`,
  });
}

function summary(box: Box, session: Stripe.Checkout.Session, errors: FieldErrors, form: Form): Html {
  const sums = quote(box, session.id, session.customer ? idOf(session.customer) : null);
  const { currency } = sums;
  const [first] = sums.lines;
  return html`<p class="muted">Subscribe to</p><h1>${first?.description}</h1>
<p class="amount">${money(sums.total, currency)} <small>due today</small></p>
${sums.trialEnd !== null && html`<div class="notice good">Free until ${day(sums.trialEnd)}.</div>`}
<ul class="rows">${sums.lines.map((line) => orderLine(box, line, currency))}</ul>
<ul class="rows tight">
<li><span class="muted">Subtotal</span><span class="num">${money(sums.subtotal, currency)}</span></li>
${sums.discount > 0 && html`<li><span class="muted">Discount</span><span class="num">−${money(sums.discount, currency)}</span></li>`}
<li class="total"><span>Due today</span><span class="num">${money(sums.total, currency)}</span></li>
</ul>
${session.allow_promotion_codes && codeForm(box, session, errors, form)}`;
}

function codeForm(box: Box, session: Stripe.Checkout.Session, errors: FieldErrors, form: Form): Html {
  const applied = session.discounts?.[0]?.promotion_code;
  const code = applied ? box.store.get('promotion_codes', idOf(applied)) : undefined;
  if (code)
    return html`<form method="post" class="actions gap"><span class="badge good">${code.code}</span><button class="link" name="action" value="remove_code">Remove</button></form>`;
  return html`<form method="post" class="inline gap"><input type="hidden" name="action" value="apply_code">${field(
    'Promotion code',
    'code',
    { value: fieldOf(form, 'code'), error: errors.code },
  )}<button>Apply</button></form>`;
}

function orderLine(box: Box, line: Stripe.LineItem, currency: string): Html {
  const price = line.price ? fullPrice(box, line.price) : null;
  const amount = price && isMetered(price) ? 'By usage' : money(line.amount_subtotal, currency);
  return html`<li><div>${line.description}${line.quantity !== null && line.quantity > 1 && ` × ${line.quantity}`}
<div class="muted small">${price && priceText(price)}</div></div><div class="num">${amount}</div></li>`;
}

/** What a price says of itself: `$49.00 / month`, or its tiers. */
export function priceText(price: Stripe.Price): string {
  const model = modelOf(price);
  const per = every(price);
  if (model.kind === 'per_unit') return `${money(model.unitAmount, price.currency)} / ${per}`;
  let from = 1;
  const steps = model.tiers.map(({ upTo, unitAmount }) => {
    const range =
      upTo === null
        ? `from ${from.toLocaleString('en-US')}`
        : `${from.toLocaleString('en-US')}–${upTo.toLocaleString('en-US')}`;
    from = (upTo ?? from) + 1;
    return `${range}: ${Number(unitAmount) === 0 ? 'included' : `${money(unitAmount, price.currency)} each`}`;
  });
  return `${steps.join(', ')} / ${per}`;
}

function donePage(session: Stripe.Checkout.Session): PageAnswer {
  const address = (session.success_url ?? session.return_url)?.replaceAll(
    '{CHECKOUT_SESSION_ID}',
    session.id,
  );
  return toPage({
    title: 'Done',
    isNarrow: true,
    ...(address && { goesTo: address }),
    body: html`<div class="card"><h1>Thank you</h1><p class="muted">This is done. You are being taken back.</p>${
      address && html`<a class="button primary" href="${address}">Continue</a>`
    }</div>`,
  });
}

function expiredPage(session: Stripe.Checkout.Session): PageAnswer {
  return toPage({
    title: 'Expired',
    status: 410,
    isNarrow: true,
    body: html`<div class="card"><h1>This page has expired</h1><p class="muted">Nothing was charged. Go back and start again.</p>${
      session.cancel_url && html`<a class="button primary" href="${session.cancel_url}">Go back</a>`
    }</div>`,
  });
}
