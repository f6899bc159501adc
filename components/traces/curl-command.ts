/** What stands in a sample where the key belongs, until there is one. */
export const keyPlaceholder = 'YOUR_API_KEY';

/** The trace that every sample sends. No apostrophes: the shell's quotes are single ones. */
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

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command for sh, bash and zsh that sends one trace. `apiKey` null leaves a placeholder. */
export function curlCommand({ url, apiKey }: { url: string; apiKey: string | null }): string {
  return [
    `curl -X POST ${singleQuoted(url)}`,
    `  -H ${singleQuoted(`Authorization: Bearer ${apiKey ?? keyPlaceholder}`)}`,
    `  -H 'Content-Type: application/json'`,
    `  -d ${singleQuoted(sampleJson())}`,
  ].join(' \\\n');
}

function chunkLine({ text, source, score }: (typeof sampleTrace.retrieved_chunks)[number]): string {
  return `    {"text": ${JSON.stringify(text)}, "source": ${JSON.stringify(source)}, "score": ${score}}`;
}

/** The sample trace as JSON, with each chunk on a line of its own. */
export function sampleJson(): string {
  const lines = Object.entries(sampleTrace).map(([name, value]) =>
    name === 'retrieved_chunks'
      ? `  "${name}": [\n${sampleTrace.retrieved_chunks.map(chunkLine).join(',\n')}\n  ]`
      : `  "${name}": ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}
