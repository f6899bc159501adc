import { endpoint } from '@/lib/http/endpoint';
import { ingestTraces } from '@/lib/traces/mutations';
import { listTracePage } from '@/lib/traces/queries';
import { toTraceInput, toWireTrace } from '@/lib/traces/rules';
import { traceBody, traceListQuery, traceReceipt, wireTracePage } from '@/lib/traces/schema';

export const POST = endpoint({
  summary: 'Store a trace',
  route: '/api/v1/traces',
  permission: 'traces:write',
  body: traceBody,
  bodyLimit: 1_000_000,
  response: traceReceipt,
  status: 201,
  handler: async (ctx, { body }) => {
    const [result] = await ingestTraces(ctx, [toTraceInput(body)]);
    return { trace_id: body.trace_id, status: result?.status ?? 'created' };
  },
});

export const GET = endpoint({
  summary: 'List traces, newest first',
  route: '/api/v1/traces',
  permission: 'traces:read',
  query: traceListQuery,
  response: wireTracePage,
  handler: async (ctx, { query }) => {
    const { traces, total } = await listTracePage(ctx, query);
    return {
      traces: traces.map(toWireTrace),
      total,
      page: query.page,
      size: query.size,
      has_next: query.page * query.size < total,
    };
  },
});
