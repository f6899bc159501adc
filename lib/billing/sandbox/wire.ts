import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A new id as Stripe's look: a prefix and random letters and digits. */
export function newObjectId(prefix: string, length = 24): string {
  const letters = Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]);
  return `${prefix}_${letters.join('')}`;
}

/** A decimal as it travels: text over the wire, which the SDK reads into its own type. Here it never is anything but text. */
export function wireDecimal(text: string): Stripe.Decimal {
  return text as unknown as Stripe.Decimal;
}

/** The text of a decimal that `wireDecimal` has made. */
export function decimalText(decimal: Stripe.Decimal): string {
  return String(decimal);
}

/** A list that stands inside an object. */
export function embeddedList<T>(url: string, data: T[]): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url };
}

/** An address that a browser can be led to. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** The id of what is held as an id, or as the object itself. */
export function idOf(value: string | { id: string }): string {
  return typeof value === 'string' ? value : value.id;
}
