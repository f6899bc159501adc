import { Skeleton } from '@/components/ui/skeleton';

const rows = ['w-2/5', 'w-3/5', 'w-1/2', 'w-1/3', 'w-2/5', 'w-1/2'];

/** A list of the operator's console before its rows are there. */
export function ListSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      <Skeleton className="h-7 w-32" />
      <Skeleton className="mt-1.5 mb-4 h-4 w-full max-w-md" />
      <Skeleton className="mb-4 h-8 w-full max-w-3xl" />
      <div className="overflow-hidden rounded-lg border bg-card">
        <div className="h-8 border-b bg-muted/60" />
        {rows.map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and stay in place
          <div key={index} className="flex h-12 items-center gap-6 border-b px-4 last:border-0">
            <div className="flex-1">
              <Skeleton className={`h-4 ${width}`} />
            </div>
            <Skeleton className="h-3.5 w-24 shrink-0" />
            <Skeleton className="hidden h-3.5 w-24 shrink-0 sm:block" />
          </div>
        ))}
      </div>
    </div>
  );
}

const panels = ['one', 'two', 'three', 'four'];

/** A page of panels before its figures are there. */
export function PanelsSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      <Skeleton className="h-7 w-40" />
      <Skeleton className="mt-1.5 mb-4 h-4 w-full max-w-md" />
      <Skeleton className="h-12 rounded-lg" />
      <div className="mt-4 grid gap-4 xl:grid-cols-2">
        {panels.map((panel) => (
          <Skeleton key={panel} className="h-52 rounded-lg" />
        ))}
      </div>
    </div>
  );
}
