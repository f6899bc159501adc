import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { POST } from '@/app/api/otel/v1/traces/route';
import { GET as readTraceRoute } from '@/app/api/v1/traces/[traceId]/route';
import { GET as readSpanRoute } from '@/app/api/v1/traces/[traceId]/spans/[spanId]/route';
import { GET as listSpansRoute } from '@/app/api/v1/traces/[traceId]/spans/route';
import { POST as atRoot } from '@/app/v1/traces/route';
import { AppError } from '@/lib/errors';
import type { Endpoint } from '@/lib/http/endpoint';
import { OTLP_BODY_LIMIT, otlpEndpoint } from '@/lib/http/otlp-endpoint';
import { wireSpanDetail, wireSpanList } from '@/lib/spans/schema';
import { wireTrace } from '@/lib/traces/schema';
import * as rag from '@/tests/fixtures/otlp/rag.mjs';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { exportRequest, field, fill, spanField } from '@/tests/support/protobuf';
import { readRecording, spansOf } from '@/tests/support/recorded';
import { call } from '@/tests/support/requests';
import { newTraceId } from '@/tests/support/spans';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

let tenant: TestTenant;
beforeAll(async () => {
  tenant = await makeTenant();
});

/** OpenTelemetry's own codec, as a client has it. */
const { ExportTraceServiceRequest, ExportTraceServiceResponse } = (
  generated as unknown as {
    opentelemetry: { proto: { collector: { trace: { v1: Record<string, protobuf.Type> } } } };
  }
).opentelemetry.proto.collector.trace.v1 as {
  ExportTraceServiceRequest: protobuf.Type;
  ExportTraceServiceResponse: protobuf.Type;
};

type Sent = { headers?: Record<string, string>; host?: string; key?: string | null; handler?: Endpoint };

async function post(body: Uint8Array | string, { headers, host, key, handler = POST }: Sent = {}) {
  const credential = key === undefined ? tenant.firstKey.key : key;
  const request = new Request('http://localhost:3000/api/otel/v1/traces', {
    method: 'POST',
    body: typeof body === 'string' ? body : Buffer.from(body),
    headers: {
      host: host ?? tenant.host,
      'content-type': JSON_TYPE,
      ...(credential ? { authorization: `Bearer ${credential}` } : {}),
      ...headers,
    },
  });
  const response = await handler(request, { params: Promise.resolve({}) });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    type: response.headers.get('content-type'),
  };
}

const now = () => BigInt(Date.now()) * 1_000_000n;
const jsonSpan = (given: object = {}) => ({
  traceId: newTraceId(),
  spanId: randomBytes(8).toString('hex'),
  name: 'step',
  startTimeUnixNano: String(now()),
  endTimeUnixNano: String(now() + 1_000_000n),
  ...given,
});
const jsonRequest = (...spans: unknown[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const toLong = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(value >> 32n),
  unsigned: true,
});
const bytesSpan = (given: object = {}) => ({
  traceId: randomBytes(16),
  spanId: randomBytes(8),
  name: 'step',
  startTimeUnixNano: toLong(now()),
  endTimeUnixNano: toLong(now()),
  ...given,
});
const bytesRequest = (...spans: object[]) =>
  ExportTraceServiceRequest.encode({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).finish();

const Status = protobuf
  .parse(
    'syntax = "proto3"; message Status { int32 code = 1; string message = 2; repeated bytes details = 3; }',
  )
  .root.lookupType('Status');

const api = (handler: Endpoint, params: Record<string, string>) =>
  call(handler, { path: '/', host: tenant.host, key: tenant.firstKey.key, params });

async function readTrace(traceId: string) {
  const answer = await api(readTraceRoute, { traceId });
  expect(answer.status).toBe(200);
  return wireTrace.strict().parse(answer.body);
}

describe('OTLP', () => {
  test.each(['openinference-protobuf', 'openinference-json', 'openinference-langchain'])(
    'takes what an SDK has sent, answers as it wants it, and shows the trace: %s',
    async (name) => {
      let traceId = '';
      for (const { contentType, contentEncoding, body } of readRecording(name)) {
        const headers = {
          'content-type': contentType,
          ...(contentEncoding ? { 'content-encoding': contentEncoding } : {}),
        };
        const answer = await post(body, { headers });
        expect(answer).toMatchObject({ status: 200, type: contentType });
        expect(answer.bytes.toString()).toBe(contentType === JSON_TYPE ? '{}' : '');
        expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
        traceId = (await spansOf([{ contentType, contentEncoding, body }]))[0]?.traceId ?? '';
      }
      const trace = await readTrace(traceId);
      expect(trace).toMatchObject({
        user_input: rag.question,
        model_output: rag.answer,
        model_name: rag.model,
        tokens_in: rag.tokens.input,
        tokens_out: rag.tokens.output,
      });
      const spans = wireSpanList.strict().parse((await api(listSpansRoute, { traceId })).body);
      expect(spans.total).toBe(trace.span_count);
      const spanId = spans.spans.find((span) => span.kind === 'llm')?.span_id ?? '';
      const span = wireSpanDetail.strict().parse((await api(readSpanRoute, { traceId, spanId })).body);
      expect(span.attributes['llm.model_name']).toBe(rag.model);
    },
  );

  test('answers on every host by key, at the path of a bare endpoint too', async () => {
    for (const host of [tenant.host, 'ragtoolkit.localhost:3000', '10.0.0.7:3000'])
      expect((await post(jsonRequest(jsonSpan()), { host, handler: atRoot })).status).toBe(200);
  });

  test('takes names for enums, numbers for int64, upper-case hex, and fields it does not know', async () => {
    const span = jsonSpan({
      kind: 'SPAN_KIND_CLIENT',
      startTimeUnixNano: Date.now() * 1e6,
      status: { code: 'STATUS_CODE_ERROR', message: 'no' },
      attributes: [
        { key: 'n', value: { intValue: 7 } },
        { key: 'm', value: { intValue: '9007199254740993' } },
        { key: 'nan', value: { doubleValue: 'NaN' } },
        { key: 'a.__proto__.b', value: { boolValue: true } },
        { key: 'constructor', value: { boolValue: true } },
      ],
      colour: 'blue',
    });
    const sent = { ...span, traceId: span.traceId.toUpperCase() };
    expect((await post(jsonRequest(sent))).bytes.toString()).toBe('{}');
    const stored = (await api(readSpanRoute, { traceId: span.traceId, spanId: span.spanId })).body;
    expect(stored).toMatchObject({ span_kind: 'client', status: 'error', status_message: 'no' });
    expect((stored as { attributes: object }).attributes).toEqual({
      n: 7,
      m: '9007199254740993',
      nan: 'NaN',
    });
    expect(await readTrace(span.traceId)).toMatchObject({ error: 'no' });
  });

  test('refuses single spans and stores the others, in JSON', async () => {
    const good = jsonSpan();
    const bad = [
      jsonSpan({ traceId: '00000000000000000000000000000000' }),
      jsonSpan({ traceId: 'AAAAAAAAAAAAAAAAAAAAAA==' }),
      jsonSpan({ spanId: 'xyz' }),
      jsonSpan({ startTimeUnixNano: 'soon' }),
      jsonSpan({ endTimeUnixNano: -1 }),
      7,
      null,
    ];
    const answer = await post(jsonRequest(...bad, good));
    expect(answer.status).toBe(200);
    const { partialSuccess } = JSON.parse(answer.bytes.toString());
    expect(partialSuccess.rejectedSpans).toBe(String(bad.length));
    expect(partialSuccess.errorMessage).toContain(
      'resourceSpans[0].scopeSpans[0].spans[1]: traceId: expected 16 bytes',
    );
    expect(partialSuccess.errorMessage).toContain('spans[3]: startTimeUnixNano: expected nanoseconds');
    expect(await readTrace(good.traceId)).toMatchObject({ span_count: 1 });
  });

  test('refuses single spans and stores the others, in protobuf', async () => {
    const good = bytesSpan();
    const answer = await post(bytesRequest(bytesSpan({ spanId: randomBytes(7) }), good), {
      headers: { 'content-type': PROTOBUF },
    });
    expect(answer).toMatchObject({ status: 200, type: PROTOBUF });
    expect(
      ExportTraceServiceResponse.toObject(ExportTraceServiceResponse.decode(answer.bytes), { longs: Number }),
    ).toEqual({
      partialSuccess: {
        rejectedSpans: 1,
        errorMessage: expect.stringContaining('spans[0]: spanId: expected 8 bytes'),
      },
    });
    expect(await readTrace(good.traceId.toString('hex'))).toMatchObject({ span_count: 1 });
  });

  test('refuses a span of too many things, in as many bytes as are allowed, and stores what is beside it', async () => {
    const [good, bad] = [newTraceId(), newTraceId()];
    const spanId = '8'.repeat(16);
    const attribute = field(9, field(1, 'k'), field(2, Buffer.from([0x18, 1])));
    const many = fill(attribute, OTLP_BODY_LIMIT - 1_000);
    const body = exportRequest(
      spanField({ traceId: bad, spanId }, many),
      spanField({ traceId: good, spanId }),
    );
    const answer = await post(body, { headers: { 'content-type': PROTOBUF } });
    expect(answer.status).toBe(200);
    expect(
      ExportTraceServiceResponse.toObject(ExportTraceServiceResponse.decode(answer.bytes), { longs: Number }),
    ).toMatchObject({
      partialSuccess: { rejectedSpans: 1, errorMessage: expect.stringContaining('it holds more fields') },
    });
    expect(await readTrace(good)).toMatchObject({ span_count: 1 });
    expect((await api(readTraceRoute, { traceId: bad })).status).toBe(404);
  });

  test.each([
    ['before 2000', { startTimeUnixNano: '1', endTimeUnixNano: '2' }, ['odd-time']],
    [
      'two days ahead',
      { startTimeUnixNano: String(now() + 172_800_000_000_000n) },
      ['negative-duration', 'odd-time'],
    ],
    ['that never were', { startTimeUnixNano: '18446744073709551615' }, ['negative-duration', 'odd-time']],
    ['backwards', { endTimeUnixNano: String(now() - 60_000_000_000n) }, ['negative-duration']],
    ['with a parent that is none', { parentSpanId: 'none' }, ['bad-parent']],
  ])('keeps and flags spans %s', async (_name, given, flags) => {
    const span = jsonSpan(given);
    expect((await post(jsonRequest(span))).bytes.toString()).toBe('{}');
    expect((await readTrace(span.traceId)).flags).toEqual(flags);
    const list = (await api(listSpansRoute, { traceId: span.traceId })).body as {
      spans: { flags: string[] }[];
    };
    expect([...(list.spans[0]?.flags ?? [])].sort()).toEqual(flags);
  });

  test('tells a client whose quota is used up that its spans were refused, not that it failed', async () => {
    const handler = vi.fn(async () => {
      throw new AppError('limit_exceeded', 'The month’s traces are used up.');
    });
    const full = otlpEndpoint({
      limit: 'caller',
      summary: 'Test',
      tag: 'Traces',
      route: '/t',
      permission: 'traces:write',
      handler,
    });
    const answer = await post(jsonRequest(jsonSpan(), jsonSpan()), { handler: full });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.bytes.toString())).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: 'The month’s traces are used up.' },
    });
  });

  test.each([
    ['rate_limited', 429, 8, '7'],
    ['unavailable', 503, 14, '5'],
    ['internal', 500, 13, null],
  ] as const)('answers %s as gRPC names it, in the type of the request', async (code, status, rpc, wait) => {
    const failing = otlpEndpoint({
      limit: 'caller',
      summary: 'Test',
      tag: 'Traces',
      route: '/t',
      permission: 'traces:write',
      handler: async () => {
        throw new AppError(code, undefined, [], code === 'rate_limited' ? 6.2 : undefined);
      },
    });
    const json = await post(jsonRequest(), { handler: failing });
    expect(json).toMatchObject({ status, type: JSON_TYPE });
    expect(JSON.parse(json.bytes.toString())).toEqual({
      code: rpc,
      message: expect.stringContaining('req_'),
    });
    expect(json.headers.get('retry-after')).toBe(wait);
    const binary = await post(bytesRequest(), { handler: failing, headers: { 'content-type': PROTOBUF } });
    expect(binary).toMatchObject({ status, type: PROTOBUF });
    expect(Status.toObject(Status.decode(binary.bytes))).toMatchObject({ code: rpc });
  });

  describe('refuses', () => {
    const refused = async (body: Uint8Array | string, sent: Sent = {}) => {
      const answer = await post(body, sent);
      const asJson = answer.type === JSON_TYPE;
      const status = asJson
        ? JSON.parse(answer.bytes.toString())
        : Status.toObject(Status.decode(answer.bytes));
      expect(status.message).toMatch(/\(request req_\w+\)$/);
      return { status: answer.status, code: status.code };
    };
    const proto = { headers: { 'content-type': PROTOBUF } };

    test('who it does not know, or who may not write', async () => {
      expect(await refused(jsonRequest(), { key: null })).toEqual({ status: 401, code: 16 });
      expect(await refused(jsonRequest(), { key: 'rtk_x', ...proto })).toEqual({ status: 401, code: 16 });
      const other = await makeTenant();
      expect(await refused(jsonRequest(), { host: other.host })).toEqual({ status: 404, code: 5 });
      const { cookie } = await makePerson(tenant, 'viewer');
      const headers = { cookie, origin: `http://${tenant.host}` };
      expect(await refused(jsonRequest(), { key: null, headers })).toEqual({ status: 403, code: 7 });
    });

    test('other types and compressions', async () => {
      for (const type of ['text/plain', 'application/grpc', 'application/json5'])
        expect(await refused('{}', { headers: { 'content-type': type } })).toEqual({ status: 415, code: 3 });
      const headers = { 'content-encoding': 'br' };
      expect(await refused('{}', { headers })).toEqual({ status: 415, code: 3 });
    });

    test.each([
      ['no JSON', '{"resourceSpans":'],
      ['no text', Buffer.from([0xff, 0xfe])],
      ['another shape', '[]'],
      ['no list', '{"resourceSpans":{}}'],
      ['no list of spans', '{"resourceSpans":[{"scopeSpans":[{"spans":7}]}]}'],
      ['nothing in the list', '{"resourceSpans":[null]}'],
    ])('JSON that is %s', async (_name, body) => {
      expect(await refused(body)).toEqual({ status: 400, code: 3 });
    });

    test('bytes that are no protobuf', async () => {
      for (const body of [Buffer.from([0x0a, 0xff]), Buffer.from('hello'), Buffer.alloc(100, 0xff)])
        expect(await refused(body, proto)).toEqual({ status: 400, code: 3 });
      expect(await refused('{}', { headers: { 'content-encoding': 'gzip' } })).toEqual({
        status: 400,
        code: 3,
      });
    });

    test('more than its limit, as it comes and once it is decompressed, without holding it', async () => {
      expect(await refused(Buffer.alloc(OTLP_BODY_LIMIT + 1), proto)).toEqual({ status: 413, code: 3 });
      const bomb = gzipSync(Buffer.alloc(OTLP_BODY_LIMIT * 20));
      const before = process.memoryUsage().arrayBuffers;
      const headers = { 'content-type': PROTOBUF, 'content-encoding': 'gzip' };
      expect(await refused(bomb, { headers })).toEqual({ status: 413, code: 3 });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(OTLP_BODY_LIMIT * 4);
    });

    test('many messages of no bytes in a body that is allowed', async () => {
      const scope = Buffer.alloc(8_000_000, Buffer.from([0x12, 0])); // spans
      const size = (length: number) => [
        (length & 127) | 128,
        ((length >> 7) & 127) | 128,
        ((length >> 14) & 127) | 128,
        length >> 21,
      ];
      const inner = Buffer.concat([Buffer.from([0x12, ...size(scope.length)]), scope]);
      const body = Buffer.concat([Buffer.from([0x0a, ...size(inner.length)]), inner]);
      expect(await refused(body, proto)).toEqual({ status: 400, code: 3 });
    });
  });

  test('takes an empty request', async () => {
    expect((await post('{}')).status).toBe(200);
    expect(await post(new Uint8Array(), { headers: { 'content-type': PROTOBUF } })).toMatchObject({
      status: 200,
    });
  });

  test('never fails, whatever JSON comes', async () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('__proto__', '\u0000', '\ud800', 'NaN', 1e308, -0, '9'.repeat(30)),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{"a":"\\u0000\\ud800"}', '[[[[', '[{"role":"user","content":"\\u0000"}]'),
    );
    const value = fc.oneof(
      fc.record({ stringValue: text }),
      fc.record({ intValue: values }),
      fc.record({ doubleValue: values }),
      fc.record({ arrayValue: fc.record({ values: fc.array(fc.record({ stringValue: text })) }) }),
      values,
    );
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'openinference.span.kind',
        'input.value',
        'output.value',
        'llm.token_count.prompt',
        'llm.model_name',
        'metadata',
        'tag.tags',
        'retrieval.documents.0.document.content',
        'retrieval.documents.99999.document.score',
        'reranker.output_documents.1.document.id',
        'llm.input_messages.0.message.content',
        'gen_ai.input.messages',
        'gen_ai.output.messages',
        'gen_ai.retrieval.documents',
        'gen_ai.usage.input_tokens',
        'ai.prompt',
        'ai.values',
        'ai.ranking',
        'ai.documents',
        'ai.operationId',
        'ai.telemetry.metadata.x',
        'langfuse.observation.output',
        'langfuse.observation.usage_details',
        'langfuse.trace.metadata.__proto__',
        'traceloop.entity.input',
        'user.id',
      ),
    );
    const kinds = fc.constantFrom('LLM', 'CHAIN', 'RETRIEVER', 'RERANKER', 'EMBEDDING').map((kind) => ({
      key: 'openinference.span.kind',
      value: { stringValue: kind },
    }));
    const attributes = fc.array(
      fc.oneof({ weight: 4, arbitrary: fc.record({ key, value }) }, kinds, values),
      { maxLength: 12 },
    );
    const span = fc.record(
      {
        traceId: fc.oneof(fc.constantFrom('a'.repeat(32), 'b'.repeat(32)), values),
        spanId: fc.oneof(fc.constantFrom('c'.repeat(16), 'd'.repeat(16), 'e'.repeat(16)), values),
        parentSpanId: fc.oneof(fc.constantFrom('c'.repeat(16), 'd'.repeat(16)), values),
        name: fc.oneof(text, values),
        kind: values,
        startTimeUnixNano: fc.oneof(fc.constant('1767225600000000000'), values),
        endTimeUnixNano: fc.oneof(fc.constant('1767225600500000000'), values),
        attributes: fc.oneof({ weight: 5, arbitrary: attributes }, values),
        events: fc.oneof(
          fc.array(fc.record({ name: fc.oneof(fc.constant('db.query.result'), text), attributes })),
          values,
        ),
        links: values,
        status: fc.oneof(fc.record({ code: values, message: text }), values),
      },
      { requiredKeys: ['traceId', 'spanId', 'startTimeUnixNano'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 5 }), values, async (spans, resource) => {
        const body = JSON.stringify({
          resourceSpans: [{ resource, scopeSpans: [{ scope: resource, spans }] }],
        });
        const answer = await post(body);
        expect(answer.status, answer.bytes.toString()).toBe(200);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('never fails, whatever bytes come', async () => {
    const recordings = ['openinference-protobuf', 'vercel-ai', 'langfuse', 'traceloop'].flatMap((name) =>
      readRecording(name).filter(({ contentEncoding }) => !contentEncoding),
    );
    const mutation = fc.record({
      recording: fc.constantFrom(...recordings),
      changes: fc.array(fc.record({ at: fc.nat(20_000), to: fc.nat(255) }), { maxLength: 12 }),
      cut: fc.option(fc.nat(20_000), { freq: 3 }),
    });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      mutation.map(({ recording, changes, cut }) => {
        const body = Uint8Array.from(recording.body);
        for (const { at, to } of changes) body[at % body.length] = to;
        return cut === null ? body : body.subarray(0, cut % body.length);
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        const answer = await post(body, { headers: { 'content-type': PROTOBUF } });
        expect([200, 400]).toContain(answer.status);
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
