import { Skeleton } from '@/components/ui/skeleton';

const rows = ['w-3/5', 'w-4/5', 'w-2/5', 'w-3/4', 'w-1/2', 'w-2/3', 'w-4/5', 'w-3/5', 'w-1/2', 'w-3/4'];

/** The trace list before its data is there. */
export function TraceListSkeleton() {
  return (
    <div role="status" aria-label="Loading traces">
      <Skeleton className="h-7 w-24" />
      <div className="my-4 flex justify-between gap-4">
        <div className="flex gap-2">
          <Skeleton className="h-8 w-64" />
          <Skeleton className="hidden h-8 w-32 sm:block" />
          <Skeleton className="hidden h-8 w-40 sm:block" />
        </div>
        <div className="flex gap-2">
          <Skeleton className="hidden h-8 w-24 sm:block" />
          <Skeleton className="h-8 w-24" />
        </div>
      </div>
      <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
        <div className="h-8 border-b bg-muted/60" />
        {rows.map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
          <div key={index} className="flex h-[2.4rem] items-center gap-6 border-b px-3 last:border-0">
            <Skeleton className="h-3.5 w-28 shrink-0" />
            <div className="flex-1">
              <Skeleton className={`h-3.5 ${width}`} />
            </div>
            <Skeleton className="h-3.5 w-28 shrink-0" />
            <Skeleton className="h-3.5 w-14 shrink-0" />
            <Skeleton className="h-5 w-28 shrink-0 rounded-full" />
          </div>
        ))}
      </div>
      <div className="flex flex-col gap-2 md:hidden">
        {rows.slice(0, 6).map((width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
          <div key={index} className="rounded-lg border bg-card px-3.5 py-3">
            <div className="flex justify-between">
              <Skeleton className="h-3.5 w-24" />
              <Skeleton className="h-5 w-16 rounded-full" />
            </div>
            <Skeleton className={`mt-2.5 h-4 ${width}`} />
            <Skeleton className="mt-2.5 h-3 w-3/4" />
          </div>
        ))}
      </div>
    </div>
  );
}
