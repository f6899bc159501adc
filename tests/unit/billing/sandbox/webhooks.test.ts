import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { signatureHeader } from '@/lib/billing/sandbox/webhooks';

const stripe = new Stripe('sk_test_nobody');
const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'customer.created', data: { object: {} } });
const secret = 'whsec_of_the_tests';

describe('the signature of a webhook', () => {
  const now = Math.floor(Date.now() / 1_000);

  test('is one that the official SDK accepts', () => {
    expect(stripe.webhooks.constructEvent(body, signatureHeader(body, secret, now), secret).id).toBe('evt_1');
  });

  test('is refused with another secret, another body, or ten minutes later', () => {
    expect(() =>
      stripe.webhooks.constructEvent(body, signatureHeader(body, 'whsec_other', now), secret),
    ).toThrow();
    expect(() =>
      stripe.webhooks.constructEvent(`${body} `, signatureHeader(body, secret, now), secret),
    ).toThrow();
    expect(() =>
      stripe.webhooks.constructEvent(body, signatureHeader(body, secret, now - 600), secret),
    ).toThrow();
  });
});
