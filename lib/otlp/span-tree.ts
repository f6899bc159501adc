/** What of a span its place in the trace is known by. */
export type TreeSpan = { spanId: string; parentId: string | null; startNs: bigint; endNs: bigint | null };

/** A span at its place: how deep it stands, and the spans below it in the order in which they began. */
export type TreeNode<T extends TreeSpan> = {
  span: T;
  depth: number;
  parent: TreeNode<T> | null;
  children: TreeNode<T>[];
};

/** A trace as a forest. `nodes` is all of it, each span before those below it. */
export type SpanTree<T extends TreeSpan> = { roots: TreeNode<T>[]; nodes: TreeNode<T>[] };

/**
 * The order of spans that does not depend on the one in which they came: by their beginning, their end, their id. Some SDKs know
 * beginnings to the millisecond only. One that has not ended comes last.
 */
export function bySpanOrder(a: TreeSpan, b: TreeSpan): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  if (a.endNs !== b.endNs) {
    if (a.endNs === null || b.endNs === null) return a.endNs === null ? 1 : -1;
    return a.endNs < b.endNs ? -1 : 1;
  }
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
}

/**
 * Puts spans, of one trace and each id once, at their places. A span whose parent is not among them is a root, and so is one
 * whose parents go round in a circle.
 */
export function toTree<T extends TreeSpan>(spans: readonly T[]): SpanTree<T> {
  const sorted = [...spans].sort(bySpanOrder);
  const nodes = new Map(
    sorted.map((span) => [span.spanId, { span, depth: 0, parent: null, children: [] } as TreeNode<T>]),
  );
  const roots: TreeNode<T>[] = [];
  for (const node of nodes.values()) {
    const parent = node.span.parentId === null ? undefined : nodes.get(node.span.parentId);
    if (!parent || parent === node) roots.push(node);
    else {
      node.parent = parent;
      parent.children.push(node);
    }
  }
  const ordered: TreeNode<T>[] = [];
  const seen = new Set<TreeNode<T>>();
  for (const root of roots) walk(root, seen, ordered);
  for (const node of nodes.values()) {
    if (seen.has(node)) continue;
    // Its parents go round in a circle: the circle is opened at the span that began first.
    if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node);
    node.parent = null;
    roots.push(node);
    walk(node, seen, ordered);
  }
  return { roots, nodes: ordered };
}

function walk<T extends TreeSpan>(root: TreeNode<T>, seen: Set<TreeNode<T>>, ordered: TreeNode<T>[]): void {
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    seen.add(node);
    ordered.push(node);
    for (const child of [...node.children].reverse()) {
      child.depth = node.depth + 1;
      open.push(child);
    }
  }
}
