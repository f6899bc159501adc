import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { disablePerson } from '@/lib/workflows/people/mutations';
import { disabledPerson, disableInput, personParams } from '@/lib/workflows/people/schema';

export const POST = operatorEndpoint({
  summary: 'Disable a person',
  description:
    'Their sessions end, nobody signs in as them, and the keys that they have made rest. The last operator stays: 409 `conflict`.',
  example: { reason: 'sends spam by invitations' },
  route: '/api/v1/admin/people/{userId}/disable',
  params: personParams,
  body: disableInput.omit({ userId: true }),
  response: disabledPerson,
  handler: (ctx, { params, body }) => disablePerson(ctx, { ...params, ...body }),
});
