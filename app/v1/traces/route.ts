import { otlpEndpoint } from '@/lib/http/otlp-endpoint';
import { ingestOtlp } from '@/lib/workflows/otlp/mutations';

/** Where exporters send that are told a host alone. */
export const POST = otlpEndpoint({
  summary: 'Store spans of OpenTelemetry, for exporters that are told a host alone',
  description: 'The same as `/api/otel/v1/traces`.',
  tag: 'Traces',
  route: '/v1/traces',
  limit: 'caller',
  permission: 'traces:write',
  handler: ingestOtlp,
});
