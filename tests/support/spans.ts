import { randomBytes } from 'node:crypto';
import type { OtlpSpan } from '@/lib/otlp/span';

/** A trace id that nobody has. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** A span of a chain that took 100 ms in January 2026, but for what is given. */
export function makeSpan(given: Partial<OtlpSpan> = {}): OtlpSpan {
  const startNs = given.startNs ?? 1_767_225_600_000_000_000n;
  return {
    traceId: newTraceId(),
    spanId: randomBytes(8).toString('hex'),
    parentId: null,
    name: 'step',
    spanKind: 'internal',
    startNs,
    endNs: startNs + 100_000_000n,
    status: 'unset',
    statusMessage: null,
    attributes: {},
    events: [],
    links: [],
    resource: {},
    scope: null,
    flags: [],
    ...given,
  };
}

/** Attributes of a model's call, in OpenInference. */
export function modelCall(model: string, tokensIn: number, tokensOut: number): OtlpSpan['attributes'] {
  return {
    'openinference.span.kind': 'LLM',
    'llm.model_name': model,
    'llm.token_count.prompt': tokensIn,
    'llm.token_count.completion': tokensOut,
  };
}
