import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { assemble } from '@/lib/otlp/assemble';
import type { AssemblySpan } from '@/lib/otlp/assembly-span';
import { mapSpan, projectOf } from '@/lib/otlp/map-span';
import { readSpans } from '@/lib/otlp/read-spans';
import type { OtlpSpan } from '@/lib/otlp/span';
import { jsonParts, openRequest, protobufParts } from '@/lib/otlp/wire';

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
export async function spansOf(requests: readonly Recorded[]): Promise<OtlpSpan[]> {
  const all: OtlpSpan[] = [];
  for (const { contentType, contentEncoding, body } of requests) {
    const plain = contentEncoding === 'gzip' ? gunzipSync(body) : body;
    const { spans, refused } =
      contentType === 'application/json'
        ? await readSpans(JSON.parse(Buffer.from(plain).toString('utf8')), new Date(), jsonParts)
        : await readSpans(openRequest(plain), new Date(), protobufParts);
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`);
    all.push(...spans);
  }
  return all;
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
