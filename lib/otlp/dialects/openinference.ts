import type { ChatMessage, FoundDocument, ScoreKind } from '../meaning';
import { documentOf, documentsOf, parsed } from '../readable';
import type { Attributes } from '../span';
import {
  amount,
  content,
  count,
  type Dialect,
  label,
  listBelow,
  metadata,
  oneOf,
  tags,
  text,
} from '../table';

/** OpenInference: Arize's conventions, which Phoenix reads, with instrumentation for most frameworks. */
export const openInference = {
  name: 'OpenInference',
  table: {
    'openinference.span.kind': oneOf({
      LLM: { kind: 'llm' },
      EMBEDDING: { kind: 'embedding' },
      RETRIEVER: { kind: 'retriever' },
      RERANKER: { kind: 'reranker' },
      CHAIN: { kind: 'chain' },
      AGENT: { kind: 'agent' },
      TOOL: { kind: 'tool' },
      PROMPT: { kind: 'prompt' },
      GUARDRAIL: { kind: 'guardrail' },
      EVALUATOR: { kind: 'evaluator' },
    }),
    'input.value': content('input'),
    'output.value': content('output'),
    'reranker.query': text('query'),
    'llm.model_name': label('model'),
    'embedding.model_name': label('model'),
    'reranker.model_name': label('model'),
    'llm.token_count.prompt': count('tokensIn'),
    'llm.token_count.completion': count('tokensOut'),
    'llm.token_count.prompt_details.cache_read': count('tokensCached'),
    'llm.token_count.completion_details.reasoning': count('tokensReasoning'),
    'llm.cost.total': amount('cost'),
    'session.id': label('session'),
    'user.id': label('user'),
    'enduser.id': label('user'),
    'openinference.project.name': label('project'),
    'tag.tags': tags,
    metadata,
  },
  rest: ({ attributes }) => {
    const documents =
      readDocuments('retrieval.documents', attributes, 'similarity') ?? documentsIn(attributes);
    const rerankInput = readDocuments('reranker.input_documents', attributes, 'similarity');
    const rerankOutput = readDocuments('reranker.output_documents', attributes, 'relevance');
    const messages = readMessages('llm.input_messages', attributes);
    const reply = readMessages('llm.output_messages', attributes).findLast((one) => one.text !== '')?.text;
    const embedded = listBelow('embedding.embeddings', attributes)
      .map((item) => item['embedding.text'])
      .filter((one) => typeof one === 'string');
    return {
      ...(documents ? { documents } : {}),
      ...(rerankInput ? { rerankInput } : {}),
      ...(rerankOutput ? { rerankOutput } : {}),
      ...(messages.length > 0 ? { messages } : {}),
      ...(reply === undefined ? {} : { reply }),
      ...(embedded.length > 0 ? { embedded } : {}),
    };
  },
} as const satisfies Dialect;

/**
 * LangChain.js’ instrumentation leaves ids and scores out of the flattened list; the retriever's output has them.
 */
function readDocuments(
  prefix: string,
  attributes: Attributes,
  scoreKind: ScoreKind,
): FoundDocument[] | undefined {
  const flat = listBelow(prefix, attributes).flatMap(
    (item) =>
      documentOf(
        {
          id: item['document.id'] ?? null,
          content: item['document.content'] ?? null,
          score: item['document.score'] ?? null,
          metadata: item['document.metadata'] ?? null,
        },
        scoreKind,
      ) ?? [],
  );
  if (flat.length === 0) return undefined;
  const whole = prefix === 'retrieval.documents' ? documentsIn(attributes) : undefined;
  if (whole?.length !== flat.length) return flat;
  return flat.map((document, i) =>
    whole[i]?.text === document.text ? { ...whole[i], ...document } : document,
  );
}

/** The documents in the output of a retriever. */
function documentsIn(attributes: Attributes): FoundDocument[] | undefined {
  if (attributes['openinference.span.kind'] !== 'RETRIEVER') return undefined;
  return documentsOf(parsed(attributes['output.value'] ?? null), 'similarity');
}

function readMessages(prefix: string, attributes: Attributes): ChatMessage[] {
  return listBelow(prefix, attributes).map((item) => {
    const parts = listBelow('message.contents', item).map((part) => part['message_content.text']);
    const whole = item['message.content'];
    return {
      role: String(item['message.role'] ?? 'user'),
      text: typeof whole === 'string' ? whole : parts.filter((part) => typeof part === 'string').join('\n'),
    };
  });
}
