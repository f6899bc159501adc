import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { giveCredit } from '@/lib/workflows/billing-operations/mutations';
import { creditInput } from '@/lib/workflows/billing-operations/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Credit a tenant an amount',
  description: 'In US cents; its next invoices are paid with it.',
  example: { cents: 4900, reason: 'an outage' },
  route: '/api/v1/admin/tenants/{tenantId}/credit',
  params: tenantParams,
  body: creditInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await giveCredit(ctx, { ...params, ...body });
    return DONE;
  },
});
