import MiniSearch from 'minisearch';
import type { Passage, Project } from './corpus';
import { terms, tokens, toTerm } from './text';

/** A passage that was found, with the BM25 score as the index gives it: unbounded, comparable within a question only. */
export type Found = { passage: Passage; score: number };

export type Retriever = {
  /** The `k` best passages of a project for a question, best first; fewer when fewer have a word in common with it. */
  search(question: string, options: { project: Project; k: number }): Found[];
  /** How much a term tells: little when it stands in many passages. */
  weightOf(term: string): number;
};

/** Indexes passages: title, section and text, of which the section's heading counts most. */
export function createRetriever(passages: readonly Passage[]): Retriever {
  const bySource = new Map(passages.map((passage) => [passage.source, passage]));
  const index = new MiniSearch<Passage>({
    idField: 'source',
    fields: ['title', 'section', 'text'],
    storeFields: ['project'],
    tokenize: tokens,
    processTerm: toTerm,
    searchOptions: { boost: { section: 1.5 } },
  });
  index.addAll(passages);

  const frequency = new Map<string, number>();
  for (const { title, section, text } of passages) {
    for (const term of new Set(terms(`${title} ${section} ${text}`))) {
      frequency.set(term, (frequency.get(term) ?? 0) + 1);
    }
  }

  return {
    search(question, { project, k }) {
      const results = index.search(question, { filter: (result) => result.project === project });
      return results.slice(0, k).flatMap(({ id, score }) => {
        const passage = bySource.get(id);
        return passage ? [{ passage, score: Math.round(score * 1000) / 1000 }] : [];
      });
    },
    weightOf: (term) => Math.log(1 + passages.length / (1 + (frequency.get(term) ?? 0))),
  };
}
