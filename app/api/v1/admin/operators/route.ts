import { operatorEndpoint } from '@/lib/http/operator-endpoint';
import { addOperator } from '@/lib/workflows/operators/mutations';
import { listOperators } from '@/lib/workflows/operators/queries';
import { addedOperator, addOperatorInput, operatorList } from '@/lib/workflows/operators/schema';

export const GET = operatorEndpoint({
  summary: 'List operators',
  route: '/api/v1/admin/operators',
  response: operatorList,
  handler: async (ctx) => ({ operators: await listOperators(ctx) }),
});

export const POST = operatorEndpoint({
  summary: 'Make a person an operator',
  description:
    'They have an account, and have confirmed its address. For an operator signed in at cloud: a key makes none (403 `forbidden`).',
  example: { email: 'olga@example.com', reason: 'joins the team on call' },
  route: '/api/v1/admin/operators',
  body: addOperatorInput,
  response: addedOperator,
  status: 201,
  handler: (ctx, { body }) => addOperator(ctx, body),
});
