import { endpoint } from '@/lib/http/endpoint';
import { getTenant } from '@/lib/tenants/queries';
import { wireTenant } from '@/lib/tenants/schema';

export const GET = endpoint({
  summary: 'Read the workspace of the key',
  tag: 'Workspace',
  route: '/api/v1/tenant',
  limit: 'caller',
  permission: 'tenant:read',
  response: wireTenant,
  handler: (ctx) => getTenant(ctx),
});
