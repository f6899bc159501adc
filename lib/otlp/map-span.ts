import { genAi } from './dialects/gen-ai';
import { langfuse } from './dialects/langfuse';
import { openInference } from './dialects/openinference';
import { openLlmetry } from './dialects/openllmetry';
import { vercelAi } from './dialects/vercel-ai';
import type { Meaning } from './meaning';
import type { OtlpSpan } from './span';
import { add, applyTable, type Dialect, label } from './table';

/**
 * In the order in which they count where a span speaks several: what says more of a RAG application first. The AI SDK's
 * spans, for one, speak OTel GenAI as well.
 */
const dialects: readonly Dialect[] = [openInference, langfuse, vercelAi, openLlmetry, genAi];

const project = label('project');

/** What a span says about its trace, in all dialects at once; no fields for a span of something else. */
export function mapSpan(
  span: Pick<OtlpSpan, 'name' | 'attributes' | 'events' | 'resource' | 'status' | 'statusMessage'>,
): Meaning {
  const meaning: Meaning = {};
  for (const dialect of dialects) {
    const said = applyTable(dialect.table, span.attributes);
    add(meaning, dialect.rest ? add(said, dialect.rest(span)) : said);
  }
  if (meaning.kind === 'embedding' || meaning.kind === 'reranker') delete meaning.messages;
  return meaning;
}

/** The project that a span's program belongs to: what it says itself, or else the name of its service. */
export function projectOf(meaning: Meaning, resource: OtlpSpan['resource']): string | null {
  const named = meaning.project ?? project(resource['openinference.project.name'] ?? null)?.project;
  if (named) return named;
  const service = project(resource['service.name'] ?? null)?.project;
  return service && !service.startsWith('unknown_service') ? service : null;
}
