import { endpoint } from '@/lib/http/endpoint';
import { ingestTrace } from '@/lib/trace-ingest/mutations';
import { traceBody, traceReceipt } from '@/lib/trace-ingest/schema';
import { listTracePage } from '@/lib/traces/queries';
import { toWireTrace } from '@/lib/traces/rules';
import { traceListQuery, wireTracePage } from '@/lib/traces/schema';
import { noteRefused } from '@/lib/usage/refusals';

export const POST = endpoint({
  summary: 'Store a trace',
  description:
    'When the answer says 201, the trace is stored. `trace_id` is the idempotency key: sending a trace again updates the fields that came and is not billed again. Null is the same as absent; unknown fields are ignored. A time before 2000 or more than a day ahead is kept as it came, and told in `warnings`. The id of a deleted trace is not taken again for 48 hours (409). When the quota of the period is used up, a trace that is new is refused with 403 `limit_exceeded`; one that is stored already is updated as before.',
  tag: 'Traces',
  example: {
    trace_id: '0b9f6c1e-5c57-4f0e-9a53-6f4f0a6f2c11',
    user_input: 'How long is the trial?',
    retrieved_chunks: [
      { text: 'Every account starts with a 14-day trial.', source: 'trial.md', score: 0.91 },
    ],
    model_output: 'The trial lasts 14 days.',
    model_name: 'gpt-4o-mini',
    response_latency_ms: 840,
    tokens_in: 412,
    tokens_out: 18,
    metadata: { user_id: 'customer-7', session_id: 'chat-3' },
  },
  route: '/api/v1/traces',
  limit: 'caller',
  permission: 'traces:write',
  body: traceBody,
  bodyLimit: 1_000_000,
  response: traceReceipt,
  status: 201,
  onInvalid: noteRefused,
  handler: (ctx, { body }) => ingestTrace(ctx, body),
});

export const GET = endpoint({
  summary: 'List traces, newest first',
  description:
    'Filters narrow the list together. `page` and `size` number its pages; `next_cursor` leads on from the last trace of a page however many came meanwhile, and costs the same on any page. A cursor is good for the filters and the `sort` it came from.',
  tag: 'Traces',
  route: '/api/v1/traces',
  limit: 'caller',
  permission: 'traces:read',
  query: traceListQuery,
  repeatable: ['tag'],
  response: wireTracePage,
  handler: async (ctx, { query }) => {
    const { traces, total, isExact, nextCursor } = await listTracePage(ctx, query);
    return {
      traces: traces.map(toWireTrace),
      total,
      total_is_exact: isExact,
      page: query.page,
      size: query.size,
      has_next: nextCursor !== null,
      next_cursor: nextCursor,
    };
  },
});
