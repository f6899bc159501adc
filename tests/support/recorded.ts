import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { assemble } from '@/lib/otlp/assemble';
import type { AssemblySpan } from '@/lib/otlp/assembly-span';
import { mapSpan, projectOf } from '@/lib/otlp/map-span';
import { readSpans } from '@/lib/otlp/read-spans';
import type { OtlpSpan } from '@/lib/otlp/span';
import { decodeRequest } from '@/lib/otlp/wire';

const folder = path.resolve(import.meta.dirname, '../fixtures/otlp');

/** A request as an SDK has sent it. */
export type Recorded = { contentType: string; contentEncoding?: string; body: Uint8Array };

/** The requests that an SDK has sent, byte for byte: tests/fixtures/otlp/record.mjs wrote them down. */
export function readRecording(name: string): Recorded[] {
  const { requests } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as {
    requests: { contentType: string; contentEncoding?: string; body: string }[];
  };
  return requests.map((request) => ({ ...request, body: Buffer.from(request.body, 'base64') }));
}

/** The spans of recorded requests. */
export function spansOf(requests: readonly Recorded[]): OtlpSpan[] {
  return requests.flatMap(({ contentType, contentEncoding, body }) => {
    const plain = contentEncoding === 'gzip' ? gunzipSync(body) : body;
    const message =
      contentType === 'application/json'
        ? JSON.parse(Buffer.from(plain).toString('utf8'))
        : decodeRequest(plain);
    const { spans, refused } = readSpans(message, new Date());
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
    return spans;
  });
}

/** The trace that spans make. */
export function assembleSpans(spans: readonly OtlpSpan[]) {
  return assemble(
    spans.map((span): AssemblySpan => {
      const meaning = mapSpan(span);
      return { ...span, meaning, project: projectOf(meaning, span.resource) };
    }),
  );
}
