'use client';

import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import { SpanPanel } from '@/components/traces/span-panel';
import { ROW_HEIGHT, SpanRowView } from '@/components/traces/span-row-view';
import { type SpanRow, scaleOf, toRows, visibleRows } from '@/components/traces/span-rows';
import type { SpanSummary } from '@/lib/spans/schema';

/** Rows that are shown at once before the list scrolls, and those drawn beyond either end of what is seen. */
const MAX_SHOWN = 14;
const OVERSCAN = 8;

/**
 * The spans of a trace as a tree with their times as bars. Only the rows in sight are drawn, so thousands stay quick. Arrow keys
 * move, fold and unfold; Enter or a click opens all that a span carries.
 */
export function SpanTree({ traceId, spans }: { traceId: string; spans: SpanSummary[] }) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => toRows(spans), [spans]);
  const scale = useMemo(() => scaleOf(spans), [spans]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const [opened, setOpened] = useState<SpanSummary | null>(null);
  const [top, setTop] = useState(0);
  const visible = useMemo(() => visibleRows(rows, folded), [rows, folded]);

  const shown = Math.min(MAX_SHOWN, visible.length);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - OVERSCAN);
  const drawn = visible.slice(first, first + shown + 2 * OVERSCAN);
  // Before any is chosen, keys act from the first.
  const activeIndex = active === null ? 0 : visible.findIndex(({ span }) => span.spanId === active);
  const activeId = visible[activeIndex]?.span.spanId;

  const fold = (row: SpanRow, wanted: boolean): boolean => {
    const next = new Set(folded);
    if (wanted) next.add(row.span.spanId);
    else next.delete(row.span.spanId);
    setFolded(next);
    setActive(row.span.spanId);
    return true;
  };
  const go = (index: number): boolean => {
    const at = Math.max(0, Math.min(visible.length - 1, index));
    setActive(visible[at]?.span.spanId ?? null);
    const { current } = box;
    if (!current) return true;
    if (at * ROW_HEIGHT < current.scrollTop) current.scrollTop = at * ROW_HEIGHT;
    const bottom = (at + 1) * ROW_HEIGHT - current.clientHeight;
    if (bottom > current.scrollTop) current.scrollTop = bottom;
    return true;
  };
  /** What a key does at the active row; whether it does anything. */
  const press = (key: string): boolean => {
    const row = visible[activeIndex];
    const isFolded = row !== undefined && folded.has(row.span.spanId);
    switch (key) {
      case 'ArrowDown':
        return go(activeIndex + 1);
      case 'ArrowUp':
        return go(activeIndex - 1);
      case 'Home':
        return go(0);
      case 'End':
        return go(visible.length - 1);
      case 'PageDown':
        return go(activeIndex + shown);
      case 'PageUp':
        return go(activeIndex - shown);
      case 'ArrowRight':
        if (!row || row.below === 0) return false;
        return isFolded ? fold(row, false) : go(activeIndex + 1);
      case 'ArrowLeft':
        if (!row) return false;
        return row.below > 0 && !isFolded ? fold(row, true) : go(parentOf(visible, activeIndex));
      case 'Enter':
      case ' ':
        if (!row) return false;
        setOpened(row.span);
        return true;
      default:
        return false;
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (press(event.key)) event.preventDefault();
  };

  return (
    <>
      <div
        ref={box}
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={activeId && `${id}-${activeId}`}
        onKeyDown={onKeyDown}
        onFocus={() => active === null && setActive(visible[0]?.span.spanId ?? null)}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        style={{ height: shown * ROW_HEIGHT + 2 }}
        className="overflow-y-auto overscroll-contain rounded-lg border bg-card outline-none focus-visible:ring-2 focus-visible:ring-ring"
      >
        <div role="none" className="relative" style={{ height: visible.length * ROW_HEIGHT }}>
          <div role="none" className="absolute inset-x-0" style={{ top: first * ROW_HEIGHT }}>
            {drawn.map((row) => (
              <SpanRowView
                key={row.span.spanId}
                id={`${id}-${row.span.spanId}`}
                row={row}
                scale={scale}
                active={row.span.spanId === active}
                folded={folded.has(row.span.spanId)}
                onOpen={() => {
                  setActive(row.span.spanId);
                  setOpened(row.span);
                }}
                onFold={() => fold(row, !folded.has(row.span.spanId))}
              />
            ))}
          </div>
        </div>
      </div>
      <SpanPanel
        traceId={traceId}
        span={opened}
        onClose={() => setOpened(null)}
        onClosed={() => box.current?.focus()}
      />
    </>
  );
}

/** The row above that the row at `index` stands below; itself for a root. */
function parentOf(rows: readonly SpanRow[], index: number): number {
  const level = rows[index]?.level ?? 1;
  for (let at = index - 1; at >= 0; at -= 1) if ((rows[at]?.level ?? 1) < level) return at;
  return index;
}
