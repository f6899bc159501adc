import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { TraceDetailView } from '@/components/traces/trace-detail-view';
import { listEvaluations } from '@/lib/evaluations/queries';
import { EVALUATIONS_SHOWN } from '@/lib/evaluations/schema';
import { listFeedback } from '@/lib/feedback/queries';
import { listSpans } from '@/lib/spans/queries';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { findTrace } from '@/lib/traces/queries';

export const metadata: Metadata = { title: 'Trace' };

export default async function TracePage({
  params,
}: {
  params: Promise<{ tenant: string; traceId: string }>;
}) {
  const ctx = await requireTenant(params, 'traces:read');
  const traceId = decodeURIComponent((await params).traceId);
  const [trace, spans] = await Promise.all([findTrace(ctx, traceId), listSpans(ctx, traceId)]);
  if (!trace) notFound();
  const [evaluations, feedback] = await Promise.all([
    listEvaluations(ctx, traceId, { newest: EVALUATIONS_SHOWN + 1 }),
    listFeedback(ctx, traceId),
  ]);
  return (
    <TraceDetailView
      trace={trace}
      spans={spans}
      evaluations={evaluations ?? []}
      feedback={feedback ?? []}
      backHref="/traces"
    />
  );
}
