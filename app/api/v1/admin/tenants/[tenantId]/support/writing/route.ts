import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { allowSupportWriting } from '@/lib/workflows/support/mutations';
import { allowedWriting, allowWritingInput } from '@/lib/workflows/support/schema';
import { tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Change things in a tenant’s console',
  description:
    'For ten minutes of a stay that is open: 409 `conflict` without one. The tenant’s audit log says why.',
  example: { reason: 'takes a wrong role back, as asked' },
  route: '/api/v1/admin/tenants/{tenantId}/support/writing',
  params: tenantParams,
  body: allowWritingInput.omit({ tenantId: true }),
  response: allowedWriting,
  handler: (ctx, { params, body }) => allowSupportWriting(ctx, { ...params, ...body }),
});
