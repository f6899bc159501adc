import { ChevronRightIcon } from 'lucide-react';
import { ExpandableText } from '@/components/data/expandable-text';
import { plural } from '@/components/data/format';

const MAX_DEPTH = 8;

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function Leaf({ name, value }: { name: string; value: unknown }) {
  if (value === null || value === undefined)
    return <span className="text-muted-foreground italic">null</span>;
  if (typeof value === 'string') {
    return value === '' ? (
      <span className="text-muted-foreground italic">empty</span>
    ) : (
      <ExpandableText text={value} what={name} />
    );
  }
  return <span className="num wrap-any font-mono text-[0.9em]">{JSON.stringify(value)}</span>;
}

function Branch({ name, value, depth }: { name: string; value: object; depth: number }) {
  const size = Object.keys(value).length;
  return (
    <details open={depth < 2} className="min-w-0 py-1">
      <summary className="flex w-fit max-w-full items-center gap-1 rounded-sm text-muted-foreground marker:content-none hover:text-foreground [&::-webkit-details-marker]:hidden">
        <ChevronRightIcon
          aria-hidden="true"
          className="size-3.5 shrink-0 transition-transform [[open]>summary>&]:rotate-90"
        />
        <span className="wrap-any">{name}</span>
        <span className="num shrink-0 text-xs">
          · {Array.isArray(value) ? plural(size, 'item') : plural(size, 'field')}
        </span>
      </summary>
      <div className="ml-1.5 border-l pl-3.5">
        <Entries value={value} depth={depth + 1} />
      </div>
    </details>
  );
}

function Entries({ value, depth }: { value: object; depth: number }) {
  return Object.entries(value).map(([name, item]) =>
    isBranch(item) && depth < MAX_DEPTH ? (
      <Branch key={name} name={name} value={item} depth={depth} />
    ) : (
      <div key={name} className="flex min-w-0 flex-wrap gap-x-3 py-1">
        <span className="wrap-any max-w-full shrink-0 basis-24 text-muted-foreground">{name}</span>
        <span className="min-w-0 flex-1 basis-28">
          <Leaf name={name} value={item} />
        </span>
      </div>
    ),
  );
}

/** Any JSON object as a tree of keys and values; branches open and close without script. */
export function JsonTree({ value }: { value: object }) {
  return (
    <div className="min-w-0 text-[0.8125rem]">
      <Entries value={value} depth={0} />
    </div>
  );
}
