import { cardByNumber, type TestCard } from '../engine/test-cards';
import type { Form } from '../form';
import { type Html, html } from './html';

export type CardFields = { number: string; expiry: string; cvc: string; name: string };
export type FieldErrors = Partial<Record<keyof CardFields | 'email' | 'code', string>>;
export type Card = { card: TestCard; expMonth: number; expYear: number; name: string };

/** The text of a form's field. */
export function fieldOf(form: Form, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** Reads the card that was typed, or says at each field what is wrong with it. `now` is in seconds. */
export function readCard(form: Form, now: number): { card: Card } | { errors: FieldErrors } {
  const fields: CardFields = {
    number: fieldOf(form, 'number'),
    expiry: fieldOf(form, 'expiry'),
    cvc: fieldOf(form, 'cvc'),
    name: fieldOf(form, 'name'),
  };
  const errors: FieldErrors = {};
  const digits = fields.number.replace(/[\s-]/g, '');
  const card = cardByNumber(digits);
  if (!/^\d{12,19}$/.test(digits)) errors.number = 'Your card number is incomplete.';
  else if (!card) errors.number = 'This is no test card. Never type a real one here: see the list below.';
  const expiry = readExpiry(fields.expiry);
  if (!expiry) errors.expiry = 'Month and year, such as 12 / 34.';
  else if (isOver(expiry, now)) errors.expiry = 'Your card’s expiration date is in the past.';
  if (!/^\d{3,4}$/.test(fields.cvc)) errors.cvc = 'Three or four digits.';
  if (!fields.name) errors.name = 'The name on the card.';
  if (fields.name.length > 200) errors.name = 'At most 200 characters.';
  if (!card || !expiry || Object.keys(errors).length > 0) return { errors };
  return { card: { card, expMonth: expiry.month, expYear: expiry.year, name: fields.name } };
}

function readExpiry(text: string): { month: number; year: number } | null {
  const match = /^(\d{1,2})\s*[/-]?\s*(\d{2}|\d{4})$/.exec(text);
  const month = Number(match?.[1]);
  const year = Number(match?.[2]);
  if (!match || month < 1 || month > 12) return null;
  return { month, year: year < 100 ? 2_000 + year : year };
}

function isOver({ month, year }: { month: number; year: number }, now: number): boolean {
  return Date.UTC(year, month, 1) <= now * 1_000;
}

/** One labelled field with its error below. */
export function field(
  label: string,
  name: string,
  options: {
    value?: string;
    error?: string | undefined;
    placeholder?: string;
    autocomplete?: string;
    mode?: string;
    readonly?: boolean;
  },
): Html {
  const { error } = options;
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" value="${options.value ?? ''}" placeholder="${options.placeholder ?? ''}" autocomplete="${options.autocomplete ?? 'off'}" inputmode="${options.mode ?? 'text'}"${options.readonly && html` readonly`}${error && html` aria-invalid="true" aria-describedby="${name}-error"`}>
${error && html`<p class="error" id="${name}-error" role="alert">${error}</p>`}
</div>`;
}

/** The fields of a card. What was typed comes back but for the security code. */
export function cardFields(form: Form, errors: FieldErrors): Html {
  return html`${field('Card number', 'number', {
    value: fieldOf(form, 'number'),
    error: errors.number,
    placeholder: '4242 4242 4242 4242',
    autocomplete: 'cc-number',
    mode: 'numeric',
  })}
<div class="pair">
${field('Expiry', 'expiry', {
  value: fieldOf(form, 'expiry'),
  error: errors.expiry,
  placeholder: 'MM / YY',
  autocomplete: 'cc-exp',
  mode: 'numeric',
})}
${field('CVC', 'cvc', { error: errors.cvc, placeholder: '123', autocomplete: 'cc-csc', mode: 'numeric' })}
</div>
${field('Name on card', 'name', {
  value: fieldOf(form, 'name'),
  error: errors.name,
  autocomplete: 'cc-name',
})}`;
}

/** The test cards and what each of them does. */
export const testCardHelp: Html = html`<details>
<summary>Test cards</summary>
<table>
<tr><td><code>4242&nbsp;4242&nbsp;4242&nbsp;4242</code></td><td>pays</td></tr>
<tr><td><code>4000&nbsp;0000&nbsp;0000&nbsp;0002</code></td><td>is declined</td></tr>
<tr><td><code>4000&nbsp;0000&nbsp;0000&nbsp;9995</code></td><td>has insufficient funds</td></tr>
<tr><td><code>4000&nbsp;0000&nbsp;0000&nbsp;0341</code></td><td>works now, fails when it is charged later</td></tr>
<tr><td><code>4000&nbsp;0025&nbsp;0000&nbsp;3155</code></td><td>asks you to authenticate once</td></tr>
<tr><td><code>4000&nbsp;0027&nbsp;6000&nbsp;3184</code></td><td>asks you to authenticate each time</td></tr>
</table>
<p class="muted">Any date to come and any three digits.</p>
</details>`;
