import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import protobuf from 'protobufjs';

/** What protobufjs makes for a message: a codec by schema. */
type Codec = {
  decode: (reader: protobuf.Reader) => unknown;
  encode: (message: object) => { finish: () => Uint8Array };
};
type Service = { ExportTraceServiceRequest: Codec; ExportTraceServiceResponse: Codec };

/** The codec that OpenTelemetry itself generates from the official schema (docs/adr/0010). */
const service = (
  generated as unknown as { opentelemetry: { proto: { collector: { trace: { v1: Service } } } } }
).opentelemetry.proto.collector.trace.v1;

/** google/rpc/status.proto, whose third field, the details, we never fill. */
const statusCodec = protobuf.Root.fromJSON({
  nested: {
    Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
  },
}).lookupType('Status');

/**
 * Reads no more tags and lengths than a real request of this size has: those of SDKs have one in 4 to 7 bytes, and hardly a
 * length of 0. Without a bound, 20 MiB of empty messages, two bytes each, become ten million objects.
 */
class BoundedReader extends protobuf.BufferReader {
  private left: number;
  private zerosLeft: number;

  constructor(bytes: Buffer) {
    super(bytes);
    this.left = 100_000 + Math.floor(bytes.length / 4);
    this.zerosLeft = 10_000 + Math.floor(bytes.length / 64);
  }

  override uint32(): number {
    const value = super.uint32();
    this.left -= 1;
    if (value === 0) this.zerosLeft -= 1;
    if (this.left < 0 || this.zerosLeft < 0)
      throw new RangeError('more fields than a request of this size has');
    return value;
  }
}

/** The message in the bytes of an export request. Throws an Error for bytes that are no protobuf. */
export function decodeRequest(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return service.ExportTraceServiceRequest.decode(new BoundedReader(buffer));
}

/** What of a request was refused; null when all of it is stored. */
export type PartialSuccess = { rejectedSpans: number; errorMessage: string } | null;

/** The answer to an export request, in protobuf: no bytes at all when everything is stored. */
export function encodeResponse(partialSuccess: PartialSuccess): Uint8Array {
  return service.ExportTraceServiceResponse.encode(partialSuccess ? { partialSuccess } : {}).finish();
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
