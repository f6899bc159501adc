import { takeEvent } from '@/lib/billing-events/mutations';
import { takenEvent } from '@/lib/billing-events/schema';
import { webhookEndpoint } from '@/lib/http/webhook-endpoint';
import { readEvent } from '@/lib/stripe/client';

export const POST = webhookEndpoint({
  summary: 'Take an event of Stripe',
  description:
    'Called by Stripe. Authenticated by `Stripe-Signature`; without a signing secret on our side it refuses everything. What is answered 200 is stored, whatever kind of event it is.',
  route: '/api/webhooks/stripe',
  limit: 'caller',
  signature: 'stripe-signature',
  response: takenEvent,
  handler: async (body, signature) => takeEvent(await readEvent(body, signature)),
});
