import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import protobuf from 'protobufjs';

/** What protobufjs makes for a message: a codec by schema. */
type Codec = {
  decode: (reader: protobuf.Reader) => unknown;
  encode: (message: object) => { finish: () => Uint8Array };
};
type Proto = {
  collector: { trace: { v1: { ExportTraceServiceResponse: Codec } } };
  trace: { v1: { Span: Codec } };
  common: { v1: { InstrumentationScope: Codec } };
  resource: { v1: { Resource: Codec } };
};

/** The codecs that OpenTelemetry itself generates from the official schema (docs/adr/0010). */
const proto = (generated as unknown as { opentelemetry: { proto: Proto } }).opentelemetry.proto;
const { Span } = proto.trace.v1;
const { InstrumentationScope } = proto.common.v1;
const { Resource } = proto.resource.v1;

/** google/rpc/status.proto, whose third field, the details, we never fill. */
const statusCodec = protobuf.Root.fromJSON({
  nested: {
    Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
  },
}).lookupType('Status');

/** Groups of spans, by resource and by scope, in one request. SDKs send one or a few, collectors some hundreds. */
const MAX_GROUPS = 10_000;
/** Tags and lengths in one span, its resource or its scope: 50 embeddings of 1,536 numbers have 230,000. */
const MAX_FIELDS = 300_000;
/** Of lengths of 0, real spans have hardly any. */
const MAX_EMPTY = 10_000;
/** Tags and lengths of the pieces of one list. */
const MAX_PIECES = 250_000;

/** A message that holds more than any real one, though it is well-formed: it is refused alone. */
export class TooManyFields extends Error {}

/** Reads no more tags and lengths than a real message has: two bytes of an empty one become a whole object. */
class BoundedReader extends protobuf.BufferReader {
  private emptyLeft = MAX_EMPTY;

  constructor(
    bytes: Buffer,
    private left = MAX_FIELDS,
  ) {
    super(bytes);
  }

  override uint32(): number {
    const value = super.uint32();
    this.left -= 1;
    if (value === 0) this.emptyLeft -= 1;
    if (this.left < 0 || this.emptyLeft < 0)
      throw new TooManyFields('more fields than a message of its kind has');
    return value;
  }
}

/**
 * The parts of an export request, each of which is opened when its turn comes, so that a large request is never decoded in
 * one piece: a list of groups holds `resourceSpans` and so on, by the names that JSON has.
 */
export type Opener = {
  resourceSpans: (raw: unknown) => unknown;
  scopeSpans: (raw: unknown) => unknown;
  span: (raw: unknown) => unknown;
};

/** What is parsed from JSON is open already. */
export const jsonParts: Opener = {
  resourceSpans: (raw) => raw,
  scopeSpans: (raw) => raw,
  span: (raw) => raw,
};

/** What `openRequest` answers, opened: pieces of the body, each by the codec of its kind. They throw an Error for bytes that are none. */
export const protobufParts: Opener = {
  resourceSpans: (raw) => {
    const { one, many } = pieces(raw);
    return { resource: one && Resource.decode(new BoundedReader(one)), scopeSpans: many };
  },
  scopeSpans: (raw) => {
    const { one, many } = pieces(raw);
    return { scope: one && InstrumentationScope.decode(new BoundedReader(one)), spans: many };
  },
  span: (raw) => Span.decode(new BoundedReader(raw as Buffer)),
};

/** The groups of an export request in protobuf, unopened. Throws an Error for bytes that are no such message. */
export function openRequest(bytes: Uint8Array): { resourceSpans: Buffer[] } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = fieldsOf(buffer, 1).get(1) ?? [];
  if (found.length > MAX_GROUPS) throw new TooManyFields(`more than ${MAX_GROUPS} resources`);
  return { resourceSpans: found };
}

/** `ResourceSpans` and `ScopeSpans` alike: field 1 says whose spans they are, field 2 are those. */
function pieces(raw: unknown): { one: Buffer | undefined; many: Buffer[] } {
  const found = fieldsOf(raw as Buffer, 2);
  return { one: found.get(1)?.at(-1), many: found.get(2) ?? [] };
}

const LENGTH_DELIMITED = 2;

/** The messages in a message's fields up to `last`, where each is length-delimited, by the field's number. */
function fieldsOf(buffer: Buffer, last: number): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  const reader = new BoundedReader(buffer, MAX_PIECES);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === 0) throw new Error('a field without a number');
    if (field > last || (tag & 7) !== LENGTH_DELIMITED) {
      reader.skipType(tag & 7);
      continue;
    }
    const length = reader.uint32();
    const from = reader.pos;
    reader.skip(length);
    const list = found.get(field);
    const piece = buffer.subarray(from, reader.pos);
    if (list) list.push(piece);
    else found.set(field, [piece]);
  }
  return found;
}

/** What of a request was refused; null when all of it is stored. */
export type PartialSuccess = { rejectedSpans: number; errorMessage: string } | null;

/** The answer to an export request, in protobuf: no bytes at all when everything is stored. */
export function encodeResponse(partialSuccess: PartialSuccess): Uint8Array {
  return proto.collector.trace.v1.ExportTraceServiceResponse.encode(
    partialSuccess ? { partialSuccess } : {},
  ).finish();
}

/** The answer to an export request, in JSON. int64 is text there. */
export function toJsonResponse(partialSuccess: PartialSuccess): object {
  if (!partialSuccess) return {};
  return { partialSuccess: { ...partialSuccess, rejectedSpans: String(partialSuccess.rejectedSpans) } };
}

/** An error as gRPC names it: `code` is google.rpc.Code. */
export type RpcStatus = { code: number; message: string };

/** A google.rpc.Status in protobuf. */
export function encodeStatus(status: RpcStatus): Uint8Array {
  return statusCodec.encode(statusCodec.create(status)).finish();
}
