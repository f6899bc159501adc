import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { enterAsSupport } from '@/lib/workflows/support/mutations';
import { entered, enterInput } from '@/lib/workflows/support/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Look into a tenant’s console',
  description:
    'Read-only, for 30 minutes, by the session that asks: an operator key gets 403 `forbidden`. The tenant’s audit log says who and why. 403 also where its admins do not want it.',
  example: { reason: 'a ticket about missing traces' },
  route: '/api/v1/admin/tenants/{tenantId}/support',
  params: tenantParams,
  body: enterInput.omit({ tenantId: true }),
  response: entered,
  handler: (ctx, { params, body }) => enterAsSupport(ctx, { ...params, ...body }),
});
