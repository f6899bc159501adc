import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { DONE, done } from '@/lib/platform/schema';
import { renameTenant } from '@/lib/workflows/tenant-operations/mutations';
import { renameInput, tenantParams } from '@/lib/workflows/tenant-operations/schema';

export const POST = operatorEndpoint({
  summary: 'Give a tenant another name',
  example: { name: 'Acme Support', reason: 'asked by its admin' },
  route: '/api/v1/admin/tenants/{tenantId}/rename',
  params: tenantParams,
  body: renameInput.omit({ tenantId: true }),
  response: done,
  handler: async (ctx, { params, body }) => {
    await renameTenant(ctx, { ...params, ...body });
    return DONE;
  },
});
