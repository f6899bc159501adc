import { publicEndpoint } from '@/lib/http/endpoint';
import { currentRequestId } from '@/lib/log';
import { wireTenant } from '@/lib/tenants/schema';
import { signUpThroughApi } from '@/lib/workflows/api-sign-up/mutations';
import { apiSignUpBody } from '@/lib/workflows/api-sign-up/schema';

export const POST = publicEndpoint({
  summary: 'Create a workspace',
  description:
    'Public sign-up. The workspace is there when the answer says 201; its admin gets a mail with a link to confirm the address and sign in, and one that nobody confirms within seven days is deleted. The answer is the same whether or not the address has an account. Until it is confirmed it has what Starter allows. 409 `conflict` when the slug is taken, 429 with `Retry-After` when an address has made too many.',
  tag: 'Workspace',
  example: { slug: 'acme-support', name: 'Acme Support', admin_email: 'ada@example.com' },
  route: '/api/v1/tenants',
  limit: 'attempt',
  body: apiSignUpBody,
  bodyLimit: 10_000,
  response: wireTenant,
  status: 201,
  handler: ({ body }) => signUpThroughApi(body, currentRequestId()),
});
