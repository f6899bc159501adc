/** An error of OTLP: google.rpc.Status, with the code's number in that system. */
export type RpcStatus = { code: number; message: string };

/** RESOURCE_EXHAUSTED: what a client that is limited hears. */
export const RESOURCE_EXHAUSTED = 8;

/** google.rpc.Status in the type of the request: protobuf where that came as protobuf, otherwise JSON. */
export function encodeStatus(
  { code, message }: RpcStatus,
  requestType: string | null,
): { type: string; body: Uint8Array } {
  if (!/^application\/x-protobuf\b/i.test(requestType ?? ''))
    return { type: 'application/json', body: Buffer.from(JSON.stringify({ code, message })) };
  const text = Buffer.from(message);
  // Field 1 is the code as a varint, field 2 the message as bytes.
  return {
    type: 'application/x-protobuf',
    body: Buffer.concat([Buffer.of(0x08, code, 0x12, ...varint(text.length)), text]),
  };
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
