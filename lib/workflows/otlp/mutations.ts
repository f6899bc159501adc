import { writeToldEvaluations } from '@/lib/evaluations/mutations';
import type { OtlpSpan, Refusal } from '@/lib/otlp/span';
import { ingestSpans, type SpanReceipt } from '@/lib/spans/mutations';
import type { TenantContext } from '@/lib/tenancy/context';

/**
 * Stores what came by OpenTelemetry, see `ingestSpans`, and in the same transaction the evaluations that its spans tell in
 * events: whoever may write a span may say what was found of it. Throws AppError `forbidden`.
 */
export function ingestOtlp(
  ctx: TenantContext,
  spans: readonly OtlpSpan[],
  unreadable: readonly Refusal[] = [],
): Promise<SpanReceipt> {
  return ingestSpans(ctx, spans, unreadable, (db, told) => writeToldEvaluations(db, ctx, told));
}
