import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { TraceDetailView } from '@/components/traces/trace-detail-view';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { findTrace } from '@/lib/traces/queries';

export const metadata: Metadata = { title: 'Trace' };

export default async function TracePage({
  params,
}: {
  params: Promise<{ tenant: string; traceId: string }>;
}) {
  const ctx = await requireTenant(params, 'traces:read');
  const trace = await findTrace(ctx, decodeURIComponent((await params).traceId));
  if (!trace) notFound();
  return <TraceDetailView trace={trace} backHref="/traces" />;
}
