import { Skeleton } from '@/components/ui/skeleton';

const figures = ['limit', 'now', 'refused'];
const rows = ['w-2/5', 'w-3/5', 'w-1/2'];

/** The page of limits before its data is there. */
export function LimitsSkeleton() {
  return (
    <div role="status" aria-label="Loading limits">
      <Skeleton className="h-7 w-20" />
      <Skeleton className="mt-1.5 h-4 w-full max-w-xl" />
      <div className="mt-4 grid gap-3 sm:grid-cols-3">
        {figures.map((figure) => (
          <div key={figure} className="rounded-lg border bg-card px-4 py-3">
            <Skeleton className="h-3.5 w-20" />
            <Skeleton className="mt-2 h-6 w-32" />
            <Skeleton className="mt-2 h-3.5 w-40" />
          </div>
        ))}
      </div>
      <div className="mt-3 grid gap-3 lg:grid-cols-3">
        <Skeleton className="h-60 rounded-lg lg:col-span-2" />
        <Skeleton className="h-60 rounded-lg" />
      </div>
      <Skeleton className="mt-6 h-4 w-20" />
      <div className="mt-3 overflow-hidden rounded-lg border bg-card">
        <div className="h-8 border-b bg-muted/60" />
        {rows.map((width) => (
          <div key={width} className="flex h-12 items-center gap-6 border-b px-3 last:border-0">
            <div className="flex-1">
              <Skeleton className={`h-4 ${width}`} />
            </div>
            <Skeleton className="h-3.5 w-32 shrink-0" />
            <Skeleton className="h-8 w-16 shrink-0" />
          </div>
        ))}
      </div>
    </div>
  );
}
