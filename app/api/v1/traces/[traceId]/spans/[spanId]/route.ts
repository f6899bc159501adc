import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { endpoint } from '@/lib/http/endpoint';
import { findSpan } from '@/lib/spans/queries';
import { wireSpanDetail } from '@/lib/spans/schema';

export const GET = endpoint({
  summary: 'Read one span with all that it carries',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}/spans/{spanId}',
  limit: 'caller',
  permission: 'traces:read',
  params: z.object({ traceId: z.string(), spanId: z.string() }),
  response: wireSpanDetail,
  handler: async (ctx, { params }) => {
    const span = await findSpan(ctx, params);
    if (!span) throw new AppError('not_found', 'There is no span with this id.');
    return span;
  },
});
