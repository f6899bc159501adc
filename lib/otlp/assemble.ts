import { assembleChunks, type RetrievedChunk } from './assemble-chunks';
import type { AssemblySpan } from './assembly-span';
import type { ChatMessage, Meaning } from './meaning';
import type { AttributeValue, SpanFlag } from './span';
import { bySpanOrder, type SpanTree, type TreeNode, toTree } from './span-tree';

/**
 * - projects-differ: its spans belong to more than one project; the outermost span's counts
 * - too-many-spans: it was assembled from the first of them
 */
export type TraceFlag = SpanFlag | 'projects-differ' | 'too-many-spans';

/** A trace as its spans tell it. Undefined is what none of them says. Times are milliseconds since 1970, cost US dollars. */
export type AssembledTrace = {
  name?: string;
  startedAt: Date;
  latencyMs?: number;
  project?: string;
  question?: string;
  answer?: string;
  prompts?: string[];
  chunks?: RetrievedChunk[];
  model?: string;
  tokensIn?: number;
  tokensOut?: number;
  tokensCached?: number;
  tokensReasoning?: number;
  costUsd?: number;
  error?: string;
  userId?: string;
  sessionId?: string;
  tags?: string[];
  metadata?: Record<string, AttributeValue>;
  flags?: TraceFlag[];
};

type Node = TreeNode<AssemblySpan>;

/** Kinds whose output is no answer. */
const SIDE_KINDS = new Set([
  'retriever',
  'reranker',
  'embedding',
  'prompt',
  'guardrail',
  'evaluator',
  'tool',
]);
/** The longest identifier that is kept, in characters. */
const MAX_LABEL = 200;
/** What an integer column holds. */
const MAX_TOTAL = 2_147_483_647;
const MAX_TAGS = 50;
const MAX_PROMPTS = 200;

/**
 * Puts a trace together from its spans, of which there is at least one, each id once. The result depends on the set of spans
 * alone, never on the order or the portions in which they came. Pure.
 */
export function assemble(spans: readonly AssemblySpan[]): AssembledTrace {
  const tree = toTree(spans);
  const byDepth = [...tree.nodes].sort((a, b) => a.depth - b.depth); // stable: in their order within a depth
  const models = tree.nodes.filter(({ span }) => span.meaning.kind === 'llm').sort(byEnd);
  const answering = models.at(-1);
  const prompt = answering ? promptOf(answering) : [];
  const metadata = metadataOf(byDepth);
  const tokens = {
    tokensIn: total(tree, (meaning) => (isModelCall(meaning) ? meaning.tokensIn : undefined)),
    tokensOut: total(tree, (meaning) => (isModelCall(meaning) ? meaning.tokensOut : undefined)),
    tokensCached: total(tree, (meaning) => (isModelCall(meaning) ? meaning.tokensCached : undefined)),
    tokensReasoning: total(tree, (meaning) => (isModelCall(meaning) ? meaning.tokensReasoning : undefined)),
  };
  return defined({
    name: first(byDepth, (meaning) => meaning.traceName) ?? (tree.roots[0]?.span.name || undefined),
    ...timesOf(tree),
    ...projectAndFlags(spans, byDepth),
    question: questionOf(byDepth, prompt),
    answer: answerOf(byDepth, answering),
    prompts: prompt.length > 0 ? prompt.slice(0, MAX_PROMPTS).map(toPrompt) : undefined,
    chunks: assembleChunks(tree),
    model: modelOf(models, byDepth),
    ...tokens,
    costUsd: total(tree, (meaning) => meaning.cost),
    error: errorOf(tree),
    userId: first(byDepth, (meaning) => meaning.user) ?? idIn(metadata?.user_id),
    sessionId: first(byDepth, (meaning) => meaning.session) ?? idIn(metadata?.session_id),
    tags: tagsOf(tree),
    metadata,
  });
}

function first<T>(nodes: readonly Node[], read: (meaning: Meaning) => T | undefined): T | undefined {
  for (const { span } of nodes) {
    const value = read(span.meaning);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** From the beginning of the first span to the end of the last; of a whole trace, what its one root took. */
function timesOf({ roots, nodes }: SpanTree<AssemblySpan>): Pick<AssembledTrace, 'startedAt' | 'latencyMs'> {
  const sane = nodes.filter(({ span }) => span.flags.length === 0);
  const timed = sane.length > 0 ? sane : nodes;
  const [earliest] = timed.map(({ span }) => span).sort(bySpanOrder);
  const start = earliest?.startNs ?? 0n;
  const [root] = roots;
  const whole = roots.length === 1 && root && root.span.parentId === null ? root.span : null;
  const end =
    whole?.endNs ??
    timed.reduce<bigint>((max, { span }) => ((span.endNs ?? 0n) > max ? (span.endNs ?? 0n) : max), 0n);
  const began = whole?.endNs ? whole.startNs : start;
  return {
    startedAt: new Date(Number(start / 1_000_000n)),
    ...(end > began ? { latencyMs: Number((end - began) / 1_000n) / 1_000 } : {}),
  };
}

function projectAndFlags(
  spans: readonly AssemblySpan[],
  byDepth: readonly Node[],
): Pick<AssembledTrace, 'project' | 'flags'> {
  const flags = new Set<TraceFlag>(spans.flatMap((span) => span.flags));
  if (new Set(spans.map((span) => span.project).filter((project) => project !== null)).size > 1)
    flags.add('projects-differ');
  const project = byDepth.find(({ span }) => span.project !== null)?.span.project ?? undefined;
  return { project, flags: flags.size > 0 ? [...flags].sort() : undefined };
}

/**
 * The question: as an SDK states it; or the input of the outermost chain; or what was retrieved or embedded for; or the last
 * thing that a person said to the model.
 */
function questionOf(byDepth: readonly Node[], prompt: readonly ChatMessage[]): string | undefined {
  const said = prompt.findLast((message) => message.role === 'user' && message.text !== '')?.text;
  const chain = (meaning: Meaning) =>
    meaning.kind === 'chain' || meaning.kind === 'agent' ? meaning.input : undefined;
  return (
    first(byDepth, (meaning) => meaning.question) ??
    first(byDepth, chain) ??
    first(byDepth, (meaning) => meaning.query) ??
    first(byDepth, (meaning) => (meaning.kind === 'retriever' ? meaning.input : undefined)) ??
    // What was embedded is a question only where the model was asked it as well: it may be documents.
    first(byDepth, ({ embedded }) => embedded?.find((one) => one !== '' && said?.includes(one))) ??
    said ??
    first(byDepth, (meaning) => (SIDE_KINDS.has(meaning.kind ?? '') ? undefined : meaning.input)) ??
    first(byDepth, (meaning) => meaning.rawInput)
  );
}

/** The answer: as an SDK states it; or the output of the outermost chain; or the reply of the model that answered last. */
function answerOf(byDepth: readonly Node[], answering: Node | undefined): string | undefined {
  const [outermost] = byDepth.filter(
    ({ span: { meaning } }) =>
      (meaning.kind === 'chain' || meaning.kind === 'agent') &&
      (meaning.output !== undefined || meaning.rawOutput !== undefined),
  );
  const ofModel = answering?.span.meaning.reply ?? answering?.span.meaning.output;
  const ofChain = outermost?.span.meaning.output;
  // With a model that answered within it, a chain's output counts; a chain beside the model's may be but a step.
  const holdsModel = outermost && answering ? isWithin(answering, outermost) || outermost.depth === 0 : true;
  return (
    first(byDepth, (meaning) => meaning.answer) ??
    (holdsModel ? ofChain : undefined) ??
    ofModel ??
    ofChain ??
    first(byDepth, (meaning) =>
      SIDE_KINDS.has(meaning.kind ?? '') ? undefined : (meaning.reply ?? meaning.output),
    ) ??
    answering?.span.meaning.rawOutput ??
    outermost?.span.meaning.rawOutput
  );
}

function isWithin(node: Node, outer: Node): boolean {
  for (let at: Node | null = node; at; at = at.parent) if (at === outer) return true;
  return false;
}

/** What the model was given: of nested spans of one call, the outermost that holds the messages. */
function promptOf({ span: { meaning } }: Node): ChatMessage[] {
  const sent =
    meaning.messages ?? (meaning.input === undefined ? [] : [{ role: 'user', text: meaning.input }]);
  return meaning.instructions === undefined
    ? sent
    : [{ role: 'system', text: meaning.instructions }, ...sent];
}

function toPrompt({ role, text }: ChatMessage): string {
  return role === 'user' ? text : `${role}: ${text}`;
}

function modelOf(models: readonly Node[], byDepth: readonly Node[]): string | undefined {
  const named = models.findLast(({ span }) => span.meaning.model !== undefined)?.span.meaning.model;
  return (
    named ??
    first(byDepth, ({ kind, model }) => (kind === 'embedding' || kind === 'reranker' ? undefined : model))
  );
}

/** Embeddings and rerankers count tokens of their own, which are not those of the answer. */
function isModelCall({ kind }: Meaning): boolean {
  return kind !== 'embedding' && kind !== 'reranker';
}

/**
 * A sum over the trace in which nothing counts twice: a span that states a number states it for all below it, unless those
 * come to more.
 */
function total(
  { roots, nodes }: SpanTree<AssemblySpan>,
  read: (meaning: Meaning) => number | undefined,
): number | undefined {
  const sums = new Map<Node, number>();
  for (const node of [...nodes].reverse()) {
    const below = node.children.map((child) => sums.get(child)).filter((sum) => sum !== undefined);
    const own = read(node.span.meaning);
    if (own === undefined && below.length === 0) continue;
    sums.set(
      node,
      Math.max(
        own ?? 0,
        below.reduce((sum, one) => sum + one, 0),
      ),
    );
  }
  const known = roots.map((root) => sums.get(root)).filter((sum) => sum !== undefined);
  return known.length > 0
    ? Math.min(
        MAX_TOTAL,
        known.reduce((sum, one) => sum + one, 0),
      )
    : undefined;
}

/** A trace has failed where its outermost span has, or the outermost that says anything: what failed below may have been mended. */
function errorOf({ roots, nodes }: SpanTree<AssemblySpan>): string | undefined {
  const telling = new Set<Node>(roots);
  const covered = new Set<Node>();
  for (const node of nodes) {
    if (node.parent && covered.has(node.parent)) covered.add(node);
    else if (Object.keys(node.span.meaning).length > 0) {
      telling.add(node);
      covered.add(node);
    }
  }
  for (const { span } of nodes.filter((node) => telling.has(node))) {
    if (span.meaning.error !== undefined) return span.meaning.error;
    if (span.status === 'error') return span.statusMessage ?? 'error';
  }
  return undefined;
}

function tagsOf({ nodes }: SpanTree<AssemblySpan>): string[] | undefined {
  const tags = [...new Set(nodes.flatMap(({ span }) => span.meaning.tags ?? []))];
  return tags.length > 0 ? tags.slice(0, MAX_TAGS) : undefined;
}

/** Metadata of all spans; where two say a thing, the outer one. */
function metadataOf(byDepth: readonly Node[]): Record<string, AttributeValue> | undefined {
  const all = byDepth
    .map(({ span }) => span.meaning.metadata)
    .filter((metadata) => metadata !== undefined)
    .reverse();
  return all.length > 0 ? Object.assign({}, ...all) : undefined;
}

/** An id that stands in free-form metadata. */
function idIn(value: AttributeValue | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, MAX_LABEL).toWellFormed() || undefined;
}

/** In the order in which spans ended; without an end they count as ended when they began. */
function byEnd(a: Node, b: Node): number {
  const [left, right] = [a.span.endNs ?? a.span.startNs, b.span.endNs ?? b.span.startNs];
  if (left !== right) return left < right ? -1 : 1;
  // A call within a call may end at the same moment: the outer one counts as the later.
  if (a.depth !== b.depth) return b.depth - a.depth;
  return a.span.spanId < b.span.spanId ? -1 : 1;
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
