import { endpoint } from '@/lib/http/endpoint';
import { ingestBatch } from '@/lib/trace-ingest/mutations';
import { statusOfBatch } from '@/lib/trace-ingest/rules';
import { traceBatchBody, traceBatchReceipt } from '@/lib/trace-ingest/schema';
import { noteRefused } from '@/lib/usage/refusals';

export const POST = endpoint({
  summary: 'Store up to 1,000 traces',
  description:
    'Each trace is checked for itself, and stored whole or not at all: what stands in `accepted` is stored when the answer comes. Sending a batch again is harmless, because `trace_id` is the idempotency key. An id that stands there twice is one trace, of which the later fields win. When the quota of the period is used up, traces that are new are rejected with the code `limit_exceeded`, and those that are stored already are updated as before.',
  tag: 'Traces',
  example: {
    traces: [
      {
        trace_id: '6f1c9d3a-9a35-4b6f-8f0e-0c5a1f0e7d21',
        user_input: 'How long is the trial?',
        model_output: 'The trial lasts 14 days.',
        model_name: 'gpt-4o-mini',
      },
      {
        trace_id: '0d1b6c0e-57d8-4a86-9ad0-7c2b3f9b6a44',
        user_input: 'Can I change my plan?',
        model_output: 'Yes, at any time.',
        model_name: 'gpt-4o-mini',
      },
    ],
  },
  route: '/api/v1/traces/batch',
  limit: 'caller',
  permission: 'traces:write',
  body: traceBatchBody,
  bodyLimit: 20 * 1024 * 1024,
  response: traceBatchReceipt,
  status: 201,
  alsoAnswers: {
    207: 'Some traces are stored and some are not',
    403: 'No trace is stored: all are new, and the quota is used up',
    422: 'No trace is stored',
  },
  statusOf: statusOfBatch,
  onInvalid: noteRefused,
  handler: (ctx, { body }) => ingestBatch(ctx, body.traces),
});
