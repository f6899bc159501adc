import { Skeleton } from '@/components/ui/skeleton';

const names = ['w-2/5', 'w-3/5', 'w-1/2', 'w-1/3'];

/** The list of API keys before its data is there. */
export function ApiKeysSkeleton() {
  return (
    <div role="status" aria-label="Loading API keys">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div>
          <Skeleton className="h-7 w-24" />
          <Skeleton className="mt-1.5 h-4 w-72 max-w-full" />
        </div>
        <Skeleton className="h-9 w-28" />
      </div>
      <div className="mt-4 hidden overflow-hidden rounded-lg border bg-card md:block">
        <div className="h-8 border-b bg-muted/60" />
        {names.map((width) => (
          <div key={width} className="flex h-17 items-start gap-6 border-b px-3 py-3 last:border-0">
            <div className="flex-1">
              <Skeleton className={`h-3.5 ${width}`} />
              <Skeleton className="mt-2 h-3 w-56 max-w-full" />
            </div>
            <div className="w-34 shrink-0">
              <Skeleton className="h-5 w-16 rounded-full" />
              <Skeleton className="mt-2 h-3 w-24" />
            </div>
            <div className="w-34 shrink-0">
              <Skeleton className="h-5 w-22 rounded-full" />
              <Skeleton className="mt-1 h-5 w-20 rounded-full" />
            </div>
            <Skeleton className="h-3.5 w-24 shrink-0" />
            <Skeleton className="size-6 shrink-0" />
          </div>
        ))}
      </div>
      <div className="mt-4 flex flex-col gap-2 md:hidden">
        {names.map((width) => (
          <div key={width} className="rounded-lg border bg-card px-3.5 py-3">
            <div className="flex justify-between gap-4">
              <Skeleton className={`h-4 ${width}`} />
              <Skeleton className="h-5 w-6" />
            </div>
            <Skeleton className="mt-2 h-3 w-48" />
            <Skeleton className="mt-3 h-5 w-16 rounded-full" />
            <Skeleton className="mt-3 h-5 w-48 rounded-full" />
            <Skeleton className="mt-3 h-3.5 w-36" />
          </div>
        ))}
      </div>
    </div>
  );
}
