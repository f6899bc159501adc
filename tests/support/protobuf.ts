/** Protobuf by hand, for bodies that no codec would make. */

/** A number as a varint. */
export function varint(number: number): Buffer {
  const bytes: number[] = [];
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A length-delimited field: a text, bytes or a message. */
export function field(id: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(id * 8 + 2), varint(body.length), body]);
}

/** A field again and again, up to a number of bytes. */
export function fill(unit: Buffer, bytes: number): Buffer {
  return Buffer.alloc(Math.floor(bytes / unit.length) * unit.length, unit);
}

/** An export request with one resource and one scope, around spans. */
export function exportRequest(...spans: Buffer[]): Buffer {
  return field(1, field(2, ...spans));
}

/** A span by its ids, in hex, and further fields. */
export function spanField(
  { traceId, spanId }: { traceId: string; spanId: string },
  ...more: Buffer[]
): Buffer {
  return field(2, field(1, Buffer.from(traceId, 'hex')), field(2, Buffer.from(spanId, 'hex')), ...more);
}
