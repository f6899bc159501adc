import { writeEvaluations } from '@/lib/evaluations/mutations';
import { evaluationsReceipt, evaluationsRequest } from '@/lib/evaluations/schema';
import { endpoint } from '@/lib/http/endpoint';

export const POST = endpoint({
  summary: 'Store up to 1,000 evaluations',
  description:
    'One evaluation, or a list as `evaluations`, of which each is stored whole or not at all: what stands in `accepted` is stored when the answer comes. An `id` of your own makes sending again harmless: it updates the fields that came. The newest `grounding`, `helpfulness`, `safety` and `overall` of a trace are its own scores, shown with it and in the statistics. An evaluation may come before its trace, which then takes its scores when it comes; one of a trace that was deleted less than 48 hours ago is rejected.',
  tag: 'Traces',
  example: {
    evaluations: [
      {
        trace_id: '0b9f6c1e-5c57-4f0e-9a53-6f4f0a6f2c11',
        id: 'nightly-grounding',
        score_type: 'grounding',
        score: 0.92,
        confidence: 0.8,
        explanation: 'Each sentence of the answer is in the first chunk.',
        metadata: { dataset: 'nightly' },
        evaluator_id: 'entailment',
        evaluator_version: '2.1',
      },
      { trace_id: '0b9f6c1e-5c57-4f0e-9a53-6f4f0a6f2c11', score_type: 'safety', score: 1 },
    ],
  },
  route: '/api/v1/evaluations',
  permission: 'evaluations:write',
  limit: 'caller',
  body: evaluationsRequest,
  bodyLimit: 5_000_000,
  response: evaluationsReceipt,
  status: 201,
  alsoAnswers: { 207: 'Some evaluations are stored and some are not', 422: 'No evaluation is stored' },
  statusOf: ({ accepted, rejected }) => (rejected.length === 0 ? 201 : accepted.length > 0 ? 207 : 422),
  handler: (ctx, { body }) => writeEvaluations(ctx, body.evaluations),
});
