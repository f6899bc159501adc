import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { signOutPerson } from '@/lib/workflows/people/mutations';
import { disabledPerson, personParams, signOutInput } from '@/lib/workflows/people/schema';

export const POST = operatorEndpoint({
  summary: 'Sign a person out everywhere',
  example: { reason: 'has lost their laptop' },
  route: '/api/v1/admin/people/{userId}/sign-out',
  params: personParams,
  body: signOutInput.omit({ userId: true }),
  response: disabledPerson,
  handler: (ctx, { params, body }) => signOutPerson(ctx, { ...params, ...body }),
});
