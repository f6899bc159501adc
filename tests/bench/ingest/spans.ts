import { randomFillSync } from 'node:crypto';
import { field, varint } from '../../support/protobuf';
import { traceJson } from './traces';

/** Spans that an SDK sends at a time, and those of one trace: a chain, its retriever, its prompt and its model. */
export const SPANS = 512;
const PER_TRACE = 4;
export const TRACES = SPANS / PER_TRACE;
/** As many different bodies as are made before anything is measured. */
const VARIANTS = 6;
const START = 1_790_000_000_000_000_000n;

type Said = {
  user_input: string;
  model_output: string;
  model_name: string;
  tokens_in: number;
  tokens_out: number;
  retrieved_chunks: { text: string; source: string; score: number }[];
};

const fixed64 = (id: number, value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(id * 8 + 1), bytes]);
};
const text = (key: string, value: string) => field(9, field(1, key), field(2, field(1, value)));
const int = (key: string, value: number) =>
  field(9, field(1, key), field(2, Buffer.concat([varint(3 * 8), varint(value)])));
const double = (key: string, value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return field(9, field(1, key), field(2, Buffer.concat([varint(4 * 8 + 1), bytes])));
};
const kind = (name: string) => text('openinference.span.kind', name);

/** What `traceJson` holds, as four spans of OpenInference. The trace's id is filled in for each request. */
function spansOf(said: Said): Buffer[] {
  const span = (index: number, name: string, attributes: Buffer[]) =>
    field(
      2,
      field(1, Buffer.alloc(16)),
      field(2, Buffer.from([0, 0, 0, 0, 0, 0, 0, index + 1])),
      ...(index === 0 ? [] : [field(4, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]))]),
      field(5, name),
      fixed64(7, START + BigInt(index) * 100_000_000n),
      fixed64(8, START + BigInt(index === 0 ? 5 : index + 1) * 100_000_000n),
      ...attributes,
    );
  const documents = said.retrieved_chunks.flatMap(({ text: content, source, score }, i) => {
    const at = `retrieval.documents.${i}.document`;
    return [text(`${at}.content`, content), text(`${at}.id`, source), double(`${at}.score`, score)];
  });
  return [
    span(0, 'answer-question', [
      kind('CHAIN'),
      text('input.value', said.user_input),
      text('output.value', said.model_output),
    ]),
    span(1, 'retrieve', [kind('RETRIEVER'), text('input.value', said.user_input), ...documents]),
    span(2, 'prompt', [kind('PROMPT'), text('input.value', said.user_input)]),
    span(3, 'chat', [
      kind('LLM'),
      text('llm.model_name', said.model_name),
      text('llm.input_messages.0.message.role', 'user'),
      text('llm.input_messages.0.message.content', said.user_input),
      text('llm.output_messages.0.message.content', said.model_output),
      int('llm.token_count.prompt', said.tokens_in),
      int('llm.token_count.completion', said.tokens_out),
    ]),
  ];
}

/** A body, and where in it the id of each trace stands. */
type Variant = { body: Buffer; ids: number[][] };

function makeVariant(): Variant {
  const traces = Array.from({ length: TRACES }, () => spansOf(JSON.parse(traceJson()) as Said));
  const spans = traces.flat();
  const body = field(
    1,
    field(1, field(1, field(1, 'service.name'), field(2, field(1, 'bench')))),
    field(2, ...spans),
  );
  let at = body.length - spans.reduce((sum, span) => sum + span.length, 0);
  const ids = traces.map((trace) =>
    trace.map((span) => {
      // Behind the span's own tag and length stand the tag and the length of the id.
      const head = 1 + varint(span.length - 1 - lengthOfLength(span)).length;
      const place = at + head + 2;
      at += span.length;
      return place;
    }),
  );
  return { body, ids };
}

/** How many bytes the length behind a field's tag has. */
function lengthOfLength(bytes: Buffer): number {
  let length = 1;
  while ((bytes[length] ?? 0) > 127) length += 1;
  return length;
}

const variants = Array.from({ length: VARIANTS }, makeVariant);
let next = 0;

/** 512 spans of 128 new traces, as an SDK sends them in protobuf: about 4 kB a trace, as in `traceJson`. */
export function spansProtobuf(): Buffer {
  next += 1;
  const { body, ids } = variants[next % VARIANTS] as Variant;
  const copy = Buffer.from(body);
  const id = Buffer.alloc(16);
  for (const places of ids) {
    randomFillSync(id);
    for (const place of places) id.copy(copy, place);
  }
  return copy;
}
