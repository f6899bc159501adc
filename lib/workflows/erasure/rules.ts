import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { env } from '@/lib/env';
import { type ErasureReceipt, erasureReceipt, type UnsignedReceipt } from './schema';

/** Signs a receipt with a key derived from AUTH_SECRET. */
export function signReceipt(receipt: UnsignedReceipt, secret: string = env().authSecret): ErasureReceipt {
  return { ...receipt, signature: mac('receipt', canonicalJson(receipt), secret).toString('hex') };
}

/** Whether a receipt, as somebody shows it, was made by this installation and has not been changed since. Never throws. */
export function verifyReceipt(shown: unknown, secret: string = env().authSecret): boolean {
  const parsed = erasureReceipt.safeParse(shown);
  if (!parsed.success) return false;
  const { signature, ...receipt } = parsed.data;
  const expected = mac('receipt', canonicalJson(receipt), secret);
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The keyed hash by which a receipt names an address: who knows the address finds it, the receipt alone tells nothing. */
export function hashSlug(slug: string, secret: string = env().authSecret): string {
  return mac('slug', slug, secret).toString('hex');
}

/** JSON with the keys of every object in order and no spaces, so that one value has one text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(',')}}`;
}

function mac(purpose: 'receipt' | 'slug', text: string, secret: string): Buffer {
  const key = hkdfSync('sha256', secret, '', `ragtoolkit erasure ${purpose}`, 32);
  return createHmac('sha256', Buffer.from(key)).update(text).digest();
}
