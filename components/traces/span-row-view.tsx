import { ChevronRightIcon, CircleXIcon } from 'lucide-react';
import { formatCount, formatDuration } from '@/components/data/format';
import { SpanKindIcon, spanKindWord } from '@/components/traces/span-kind';
import { barOf, type SpanRow, type SpanScale } from '@/components/traces/span-rows';
import { cn } from '@/components/ui/cn';

/** The height of a row in pixels: the list is drawn from it. */
export const ROW_HEIGHT = 36;
const INDENT = 14;
const MAX_INDENT = 10 * INDENT;

/** One span as a row: what it is, how long it took, and when. `onFold` is there where something stands below it. */
export function SpanRowView({
  row: { span, level, below },
  scale,
  id,
  active,
  folded,
  onOpen,
  onFold,
}: {
  row: SpanRow;
  scale: SpanScale;
  id: string;
  active: boolean;
  folded: boolean;
  onOpen: () => void;
  onFold: () => void;
}) {
  const { left, width } = barOf(span, scale);
  const failed = span.status === 'error';
  const duration = span.durationMs === null ? '–' : formatDuration(span.durationMs);
  const tokens =
    span.tokensIn === null && span.tokensOut === null ? null : (span.tokensIn ?? 0) + (span.tokensOut ?? 0);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree holds the focus and names its active item
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys
    <div
      id={id}
      role="treeitem"
      aria-level={level}
      aria-expanded={below > 0 ? !folded : undefined}
      aria-selected={active}
      aria-label={`${spanKindWord(span.kind)} ${span.name}${failed ? ', failed' : ''}, ${duration}`}
      onClick={onOpen}
      style={{ height: ROW_HEIGHT }}
      className={cn(
        'relative grid cursor-pointer grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-3 px-3 text-[0.8125rem] hover:bg-muted/70 md:grid-cols-[minmax(0,1fr)_4rem_4.5rem_minmax(8rem,34%)]',
        active && 'bg-accent hover:bg-accent',
      )}
    >
      <span
        className="flex min-w-0 items-center gap-1.5"
        style={{ paddingLeft: Math.min(MAX_INDENT, (level - 1) * INDENT) }}
      >
        {below > 0 ? (
          // For the mouse alone: by keyboard, the arrows fold.
          <span
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              onFold();
            }}
            className="-m-1.5 flex shrink-0 p-1.5 text-muted-foreground hover:text-foreground"
          >
            <ChevronRightIcon className={cn('size-3.5 transition-transform', !folded && 'rotate-90')} />
          </span>
        ) : (
          <span className="w-3.5 shrink-0" />
        )}
        <SpanKindIcon kind={span.kind} />
        <span className={cn('truncate', !span.kind && 'text-muted-foreground', failed && 'text-traffic-red')}>
          {span.name || 'unnamed'}
        </span>
        {failed && <CircleXIcon aria-hidden="true" className="size-3.5 shrink-0 text-traffic-red" />}
        {folded && below > 0 && (
          <span className="num shrink-0 rounded-full bg-muted px-1.5 text-xs text-muted-foreground">
            +{formatCount(below)}
          </span>
        )}
      </span>
      <span className="num hidden text-right text-xs text-muted-foreground md:block">
        {tokens === null ? '' : `${formatCount(tokens)} tok`}
      </span>
      <span className="num text-right text-xs text-muted-foreground">{duration}</span>
      <span
        aria-hidden="true"
        className="absolute inset-x-3 bottom-0.5 h-0.5 md:relative md:inset-auto md:h-2.5 md:rounded-sm md:bg-muted/60"
      >
        <span
          className={cn(
            'absolute inset-y-0 min-w-0.5 rounded-sm',
            failed ? 'bg-traffic-red' : span.kind ? 'bg-primary' : 'bg-muted-foreground/45',
          )}
          style={{ left: `${left}%`, width: `${width}%` }}
        />
      </span>
    </div>
  );
}
