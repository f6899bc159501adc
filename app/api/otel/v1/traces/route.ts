import { otlpEndpoint } from '@/lib/http/otlp-endpoint';
import { ingestOtlp } from '@/lib/workflows/otlp/mutations';

export const POST = otlpEndpoint({
  summary: 'Store spans of OpenTelemetry',
  description:
    'OTLP/HTTP for traces, in protobuf or JSON, as it is or with gzip: set `OTEL_EXPORTER_OTLP_ENDPOINT` to this host followed by `/api/otel`. When the answer says 200, the spans are stored, but for those that `partialSuccess` counts. Spans of a trace may come in any order and in several requests, and again: a span is known by its ids. OpenInference, OTel GenAI, OpenLLMetry, the Vercel AI SDK and Langfuse are understood.',
  tag: 'Traces',
  route: '/api/otel/v1/traces',
  limit: 'caller',
  permission: 'traces:write',
  handler: ingestOtlp,
});
