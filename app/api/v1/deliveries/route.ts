import { listDeliveries } from '@/lib/deliveries/queries';
import { deliveryQuery, deliveryReport } from '@/lib/deliveries/schema';
import { endpoint } from '@/lib/http/endpoint';

export const GET = endpoint({
  summary: 'See what became of what was sent',
  description:
    'The delivery ledger: for each key and hour `received = stored + updated + refused`, written in the transaction of the traces themselves, with the last refusals and their reasons. Hours are those of the database’s clock. A request that cannot be read counts as one.',
  tag: 'Traces',
  route: '/api/v1/deliveries',
  limit: 'caller',
  permission: 'traces:read',
  query: deliveryQuery,
  response: deliveryReport,
  handler: (ctx, { query }) => listDeliveries(ctx, query),
});
