import type { AssemblySpan } from './assembly-span';
import type { FoundDocument, ScoreKind } from './meaning';
import type { AttributeValue } from './span';
import type { SpanTree, TreeNode } from './span-tree';

/** A chunk as the model was given it, in rank order; `before` is where it stood until a reranker ordered it, from 1. */
export type RetrievedChunk = {
  id?: string;
  text: string;
  source?: string;
  score?: number;
  scoreKind?: ScoreKind;
  before?: { rank: number; score?: number; scoreKind?: ScoreKind };
  metadata?: Record<string, AttributeValue>;
};

type Node = TreeNode<AssemblySpan>;

const MAX_CHUNKS = 1_000;

/**
 * The chunks of a trace: what the last reranker left, or else what the retrievers found, the outermost of each. A retriever
 * around another (one that compresses or reranks) has the last word, and the inner one tells the rank before.
 */
export function assembleChunks(tree: SpanTree<AssemblySpan>): RetrievedChunk[] | undefined {
  const rerankers = tree.nodes.filter(({ span }) => span.meaning.rerankOutput);
  const { outer, inner } = splitRetrievers(tree);
  // Of nested spans of one reranking, the order that was begun last is the finished one.
  const last = rerankers.at(-1)?.span.meaning;
  const found = documentsOf(outer);
  if (last?.rerankOutput)
    return toChunks(
      last.rerankOutput,
      withScores(last.rerankInput ?? found, [...found, ...documentsOf(inner)]),
    );
  if (found.length === 0) return undefined;
  return toChunks(found, documentsOf(inner));
}

/** The retrievers that found something: those within no other, and those within one. */
function splitRetrievers({ nodes }: SpanTree<AssemblySpan>): { outer: Node[]; inner: Node[] } {
  const within = new Set<Node>();
  const [outer, inner]: [Node[], Node[]] = [[], []];
  for (const node of nodes) {
    const isInner = node.parent !== null && within.has(node.parent);
    const isRetriever = node.span.meaning.documents !== undefined;
    if (isInner || isRetriever) within.add(node);
    if (isRetriever) (isInner ? inner : outer).push(node);
  }
  return { outer, inner };
}

/** The documents of several retrievers in the order in which they began; of one that several found, the first. */
function documentsOf(nodes: readonly Node[]): FoundDocument[] {
  const seen = new Set<string>();
  return nodes
    .flatMap(({ span }) => span.meaning.documents ?? [])
    .filter((document) => {
      const key = document.id ?? document.text ?? '';
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, MAX_CHUNKS);
}

/** Rerankers are often given documents without the scores that the retriever found. */
function withScores(given: readonly FoundDocument[], found: readonly FoundDocument[]): FoundDocument[] {
  return given.map((document) => {
    const known = document.score === undefined ? found.find((one) => isSame(one, document)) : undefined;
    return known ? { ...known, ...document } : document;
  });
}

function toChunks(after: readonly FoundDocument[], before: readonly FoundDocument[]): RetrievedChunk[] {
  return after.slice(0, MAX_CHUNKS).map((document) => {
    const at = before.findIndex((one) => isSame(one, document));
    const earlier = before[at];
    const { id, source, score, scoreKind, metadata } = {
      ...earlier,
      score: undefined,
      scoreKind: undefined,
      ...document,
    };
    return {
      ...(id === undefined ? {} : { id }),
      text: document.text ?? earlier?.text ?? '',
      ...((source ?? id) === undefined ? {} : { source: source ?? id }),
      ...(score === undefined ? {} : { score, scoreKind }),
      ...(earlier
        ? {
            before: {
              rank: at + 1,
              ...(earlier.score === undefined ? {} : { score: earlier.score, scoreKind: earlier.scoreKind }),
            },
          }
        : {}),
      ...(metadata === undefined ? {} : { metadata }),
    };
  });
}

function isSame(a: FoundDocument, b: FoundDocument): boolean {
  return a.id !== undefined && b.id !== undefined ? a.id === b.id : a.text !== undefined && a.text === b.text;
}
