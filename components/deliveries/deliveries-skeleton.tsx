import { Skeleton } from '@/components/ui/skeleton';

/** The page of deliveries before its data is there. */
export function DeliveriesSkeleton() {
  return (
    <div role="status" aria-label="Loading deliveries">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div>
          <Skeleton className="h-7 w-28" />
          <Skeleton className="mt-1.5 h-4 w-80 max-w-full" />
        </div>
        <Skeleton className="h-8 w-40" />
      </div>
      {['first', 'second'].map((name) => (
        <div key={name} className="mt-4 rounded-lg border bg-card px-4 py-3">
          <Skeleton className="h-5 w-40" />
          <div className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-4">
            {['received', 'stored', 'updated', 'refused'].map((figure) => (
              <Skeleton key={figure} className="h-11" />
            ))}
          </div>
          <Skeleton className="mt-4 h-44" />
        </div>
      ))}
    </div>
  );
}
