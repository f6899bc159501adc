import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { endpoint } from '@/lib/http/endpoint';
import { findTrace } from '@/lib/traces/queries';
import { toWireTrace } from '@/lib/traces/rules';
import { wireTrace } from '@/lib/traces/schema';

export const GET = endpoint({
  summary: 'Read one trace',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}',
  limit: 'caller',
  permission: 'traces:read',
  params: z.object({ traceId: z.string() }),
  response: wireTrace,
  handler: async (ctx, { params }) => {
    const trace = await findTrace(ctx, params.traceId);
    if (!trace) throw new AppError('not_found', 'There is no trace with this id.');
    return toWireTrace(trace);
  },
});
