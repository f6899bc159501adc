import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { endpoint } from '@/lib/http/endpoint';
import { toTraceFields } from '@/lib/trace-ingest/rules';
import { deletedReceipt, traceChange, traceReceipt } from '@/lib/trace-ingest/schema';
import { deleteTraces, updateTrace } from '@/lib/traces/mutations';
import { findTrace } from '@/lib/traces/queries';
import { toWireTrace } from '@/lib/traces/rules';
import { wireTrace } from '@/lib/traces/schema';

const params = z.object({ traceId: z.string() });

export const GET = endpoint({
  summary: 'Read one trace',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}',
  limit: 'caller',
  permission: 'traces:read',
  params,
  response: wireTrace,
  handler: async (ctx, { params }) => {
    const trace = await findTrace(ctx, params.traceId);
    if (!trace) throw new AppError('not_found', 'There is no trace with this id.');
    return toWireTrace(trace);
  },
});

export const PATCH = endpoint({
  summary: 'Change fields of a trace',
  description: 'What is named is replaced, what is not (or is null) stays. Nothing is billed again.',
  tag: 'Traces',
  example: { model_output: 'The trial lasts 30 days.', metadata: { reviewed: true } },
  route: '/api/v1/traces/{traceId}',
  limit: 'caller',
  permission: 'traces:write',
  params,
  body: traceChange,
  response: traceReceipt,
  handler: async (ctx, { params, body }) => {
    await updateTrace(ctx, params.traceId, toTraceFields(body));
    return { trace_id: params.traceId, status: 'updated' as const };
  },
});

export const DELETE = endpoint({
  summary: 'Delete a trace',
  description:
    'With its evaluations and feedback. It stays billed; its storage no longer counts. For 48 hours its id is not taken again, so that a late retry does not bring it back.',
  tag: 'Traces',
  route: '/api/v1/traces/{traceId}',
  limit: 'caller',
  permission: 'traces:write',
  params,
  response: deletedReceipt,
  handler: async (ctx, { params }) => {
    const [deleted] = await deleteTraces(ctx, [params.traceId]);
    if (deleted === undefined) throw new AppError('not_found', 'There is no trace with this id.');
    return { trace_id: deleted, status: 'deleted' as const };
  },
});
