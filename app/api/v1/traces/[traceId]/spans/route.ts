import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { endpoint } from '@/lib/http/endpoint';
import { listSpans } from '@/lib/spans/queries';
import { toWireSpan } from '@/lib/spans/rules';
import { wireSpanList } from '@/lib/spans/schema';

export const GET = endpoint({
  summary: 'List the spans of a trace',
  description: 'In the order in which they began. A trace that was not sent by OpenTelemetry has none.',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}/spans',
  limit: 'caller',
  permission: 'traces:read',
  params: z.object({ traceId: z.string() }),
  response: wireSpanList,
  handler: async (ctx, { params }) => {
    const list = await listSpans(ctx, params.traceId);
    if (!list) throw new AppError('not_found', 'There is no trace with this id.');
    return { trace_id: params.traceId, total: list.total, spans: list.spans.map(toWireSpan) };
  },
});
