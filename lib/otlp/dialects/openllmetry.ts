import { documentOf } from '../readable';
import { applyBelow, content, type Dialect, label, oneOf, tags } from '../table';

/** OpenLLMetry: Traceloop's SDKs. Models are described by OTel GenAI; this is what they add. */
export const openLlmetry = {
  name: 'OpenLLMetry',
  table: {
    'traceloop.span.kind': oneOf({
      workflow: { kind: 'chain' },
      task: { kind: 'chain' },
      agent: { kind: 'agent' },
      tool: { kind: 'tool' },
    }),
    'llm.request.type': oneOf({
      chat: { kind: 'llm' },
      completion: { kind: 'llm' },
      embedding: { kind: 'embedding' },
      rerank: { kind: 'reranker' },
    }),
    'traceloop.entity.input': content('input'),
    'traceloop.entity.output': content('output'),
    'traceloop.workflow.name': label('traceName'),
  },
  rest: ({ attributes, events }) => {
    const results = events.filter(({ name }) => name === 'db.query.result');
    const documents = results.flatMap(
      ({ attributes: said }) =>
        documentOf(
          {
            id: said['db.query.result.id'] ?? null,
            content: said['db.query.result.document'] ?? null,
            score: said['db.query.result.score'] ?? null,
            distance: said['db.query.result.distance'] ?? null,
            metadata: said['db.query.result.metadata'] ?? null,
          },
          'similarity',
        ) ?? [],
    );
    return {
      ...applyBelow(
        'traceloop.association.properties.',
        {
          user_id: label('user'),
          userId: label('user'),
          session_id: label('session'),
          sessionId: label('session'),
          project: label('project'),
          tags,
        },
        attributes,
      ),
      ...(results.length > 0 ? { kind: 'retriever' } : {}),
      ...(documents.length > 0 ? { documents } : {}),
    };
  },
} as const satisfies Dialect;
