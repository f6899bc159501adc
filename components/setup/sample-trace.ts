/** What stands in a snippet where the key belongs, until there is one. */
export const keyPlaceholder = 'YOUR_API_KEY';

/**
 * The trace that every snippet sends. It holds no apostrophes, because the shell's quotes are single ones, and no true, false
 * or null: its JSON is a literal of Python and TypeScript too.
 */
export const sampleTrace = {
  trace_id: 'first-trace',
  user_input: 'How long do I have to return an item?',
  retrieved_chunks: [
    { text: 'Returns: within 30 days of delivery.', source: 'returns.md', score: 0.91 },
    { text: 'Refunds: to the original payment.', source: 'refunds.md', score: 0.64 },
  ],
  model_output: 'You can return an item within 30 days of delivery.',
  model_name: 'gpt-4o-mini',
  response_latency_ms: 840,
  tokens_in: 412,
  tokens_out: 18,
};

function chunkLine({ text, source, score }: (typeof sampleTrace.retrieved_chunks)[number]): string {
  return `    {"text": ${JSON.stringify(text)}, "source": ${JSON.stringify(source)}, "score": ${score}}`;
}

/** The sample trace as JSON, with each chunk on a line of its own. `traceId` null leaves its id out. */
export function sampleJson(traceId: string | null = sampleTrace.trace_id): string {
  const { trace_id: _, ...fields } = sampleTrace;
  const all = traceId === null ? fields : { trace_id: traceId, ...fields };
  const lines = Object.entries(all).map(([name, value]) =>
    name === 'retrieved_chunks'
      ? `  "${name}": [\n${sampleTrace.retrieved_chunks.map(chunkLine).join(',\n')}\n  ]`
      : `  "${name}": ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}
