import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newId } from '@/lib/ids';
import { canonicalJson, hashSlug, signReceipt, verifyReceipt } from '@/lib/workflows/erasure/rules';
import type { UnsignedReceipt } from '@/lib/workflows/erasure/schema';

const secret = 'a secret of forty characters, more or less';
const receipt: UnsignedReceipt = {
  version: 1,
  tenant_id: newId(),
  slug_hash: hashSlug('acme', secret),
  requested_at: '2026-11-01T08:00:00.000Z',
  erased_at: '2026-11-08T08:00:30.000Z',
  row_counts: { traces: 12, users: 1 },
};

describe('a receipt', () => {
  const signed = signReceipt(receipt, secret);

  test('is verified as it was signed, in whatever order its fields come', () => {
    expect(verifyReceipt(signed, secret)).toBe(true);
    const shuffled = Object.fromEntries(Object.entries(signed).reverse());
    expect(verifyReceipt({ ...shuffled, row_counts: { users: 1, traces: 12 } }, secret)).toBe(true);
    expect(verifyReceipt(JSON.parse(canonicalJson(signed)), secret)).toBe(true);
  });

  test.each([
    ['another tenant', { tenant_id: newId() }],
    ['another address', { slug_hash: hashSlug('other', secret) }],
    ['another time', { erased_at: '2026-11-08T08:00:31.000Z' }],
    ['another request', { requested_at: '2026-11-01T08:00:00.001Z' }],
    ['other counts', { row_counts: { traces: 13, users: 1 } }],
    ['a table more', { row_counts: { traces: 12, users: 1, spans: 0 } }],
    ['a field more', { note: 'x' }],
    ['another version', { version: 2 }],
    ['no signature', { signature: '' }],
    ['a signature that is no hex', { signature: 'z'.repeat(64) }],
    ['half a signature', { signature: signed.signature.slice(0, 32) }],
  ])('with %s is refused', (_, change) => {
    expect(verifyReceipt({ ...signed, ...change }, secret)).toBe(false);
  });

  test('of another installation is refused', () => {
    expect(verifyReceipt(signed, `${secret}!`)).toBe(false);
  });

  test.each([null, undefined, 'x', 7, [], {}])('that is none (%j) is refused', (value) => {
    expect(verifyReceipt(value, secret)).toBe(false);
  });
});

describe('canonicalJson', () => {
  test('is JSON of the same value, and one text for every order of the keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(text);
      }),
    );
  });
});

describe('hashSlug', () => {
  test('tells nothing without the secret, and differs by address', () => {
    expect(hashSlug('acme', secret)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashSlug('acme', secret)).toBe(hashSlug('acme', secret));
    expect(
      new Set([hashSlug('acme', secret), hashSlug('acme', 'other'), hashSlug('acme2', secret)]).size,
    ).toBe(3);
  });
});
