import type { SpanSummary } from '@/lib/spans/schema';

/** A span at its place among the rows: `level` from 1, `spans` how many stand below it. */
export type SpanRow = { span: SpanSummary; level: number; below: number };

/** The moments between which the bars are drawn, in milliseconds from the first span. */
export type SpanScale = { from: number; to: number };

/**
 * The rows of a trace: each span before those below it, in the order in which they began. A span whose parent is not there
 * is a root; where parents go round in a circle, the first of them is.
 */
export function toRows(spans: readonly SpanSummary[]): SpanRow[] {
  const known = new Map(spans.map((span) => [span.spanId, span]));
  const children = new Map<string, SpanSummary[]>();
  const roots: SpanSummary[] = [];
  for (const span of spans) {
    const parent =
      span.parentId !== null && span.parentId !== span.spanId ? known.get(span.parentId) : undefined;
    if (!parent) {
      roots.push(span);
      continue;
    }
    const siblings = children.get(parent.spanId);
    if (siblings) siblings.push(span);
    else children.set(parent.spanId, [span]);
  }
  const rows: SpanRow[] = [];
  const seen = new Set<string>();
  const walk = (root: SpanSummary) => {
    const open = [{ span: root, level: 1 }];
    for (let at = open.pop(); at; at = open.pop()) {
      if (seen.has(at.span.spanId)) continue;
      seen.add(at.span.spanId);
      rows.push({ ...at, below: 0 });
      for (const span of (children.get(at.span.spanId) ?? []).toReversed())
        open.push({ span, level: at.level + 1 });
    }
  };
  for (const root of roots) walk(root);
  for (const span of spans) walk(span); // those in a circle
  return countBelow(rows);
}

function countBelow(rows: SpanRow[]): SpanRow[] {
  const open: { row: SpanRow; index: number }[] = [];
  const close = (level: number, index: number) => {
    for (let last = open.at(-1); last && last.row.level >= level; last = open.at(-1)) {
      last.row.below = index - last.index - 1;
      open.pop();
    }
  };
  for (const [index, row] of rows.entries()) {
    close(row.level, index);
    open.push({ row, index });
  }
  close(0, rows.length);
  return rows;
}

/** The rows that are seen while those below some are folded away. */
export function visibleRows(rows: readonly SpanRow[], folded: ReadonlySet<string>): SpanRow[] {
  const seen: SpanRow[] = [];
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    if (!row) continue;
    seen.push(row);
    if (folded.has(row.span.spanId)) i += row.below;
  }
  return seen;
}

/** From the first beginning to the last end, without spans of odd times: one of them would flatten all others. */
export function scaleOf(spans: readonly SpanSummary[]): SpanScale {
  const sane = spans.filter(({ flags }) => !flags.includes('odd-time'));
  const timed = sane.length > 0 ? sane : spans;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { offsetMs, durationMs } of timed) {
    from = Math.min(from, offsetMs);
    to = Math.max(to, offsetMs + (durationMs ?? 0));
  }
  return Number.isFinite(from) ? { from, to } : { from: 0, to: 0 };
}

/** Where a span's bar stands, in per cent of the scale; wide enough to be seen, and never beyond the end. */
export function barOf(
  { offsetMs, durationMs }: SpanSummary,
  { from, to }: SpanScale,
): { left: number; width: number } {
  const whole = to - from;
  if (whole <= 0) return { left: 0, width: 100 };
  const share = (ms: number) => Math.min(100, Math.max(0, (ms / whole) * 100));
  const left = Math.min(99.5, share(offsetMs - from));
  return { left, width: Math.min(100 - left, Math.max(0.5, share(durationMs ?? 0))) };
}
