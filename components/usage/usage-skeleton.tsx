import { Skeleton } from '@/components/ui/skeleton';

const metrics = ['traces', 'seats', 'requests', 'storage', 'in', 'out', 'evaluations'];

/** The page of usage before its data is there. */
export function UsageSkeleton() {
  return (
    <div role="status" aria-label="Loading usage">
      <Skeleton className="h-7 w-20" />
      <Skeleton className="mt-1.5 h-4 w-full max-w-xl" />
      <div className="mt-4 grid gap-x-8 gap-y-5 rounded-lg border bg-card p-4 lg:grid-cols-2">
        <div>
          <Skeleton className="h-4 w-36" />
          <Skeleton className="mt-3 h-9 w-48" />
          <Skeleton className="mt-3 h-1.5 w-full" />
          <Skeleton className="mt-4 h-4 w-3/4" />
          <Skeleton className="mt-2 h-4 w-2/3" />
        </div>
        <div>
          <Skeleton className="h-4 w-24" />
          <Skeleton className="mt-3 h-4 w-full max-w-md" />
          <Skeleton className="mt-2 h-9 w-full max-w-md" />
          <Skeleton className="mt-3 h-8 w-28" />
        </div>
      </div>
      <div className="mt-3 grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-7">
        {metrics.map((metric) => (
          <div key={metric} className="rounded-lg border bg-card px-3.5 py-3">
            <Skeleton className="h-3.5 w-16" />
            <Skeleton className="mt-2 h-6 w-20" />
            <Skeleton className="mt-2 h-3.5 w-24" />
          </div>
        ))}
      </div>
      <Skeleton className="mt-6 h-6 w-48" />
      <Skeleton className="mt-1.5 h-4 w-full max-w-lg" />
      <div className="mt-3 grid gap-3 xl:grid-cols-2">
        <Skeleton className="h-60 rounded-lg" />
        <Skeleton className="h-60 rounded-lg" />
      </div>
      <div className="mt-3 grid gap-3 xl:grid-cols-2">
        <Skeleton className="h-40 rounded-lg" />
        <Skeleton className="h-40 rounded-lg" />
      </div>
    </div>
  );
}

/** The page of what an hour is made of, before its data is there. */
export function ExplainSkeleton() {
  return (
    <div role="status" aria-label="Loading the hour">
      <Skeleton className="h-5 w-16" />
      <Skeleton className="mt-2 h-7 w-56" />
      <Skeleton className="mt-1.5 h-4 w-48" />
      <div className="mt-4 grid gap-3 sm:grid-cols-3">
        {metrics.slice(0, 3).map((metric) => (
          <div key={metric} className="rounded-lg border bg-card px-4 py-3">
            <Skeleton className="h-3.5 w-20" />
            <Skeleton className="mt-2 h-6 w-24" />
            <Skeleton className="mt-2 h-3.5 w-full" />
          </div>
        ))}
      </div>
      <div className="mt-3 grid gap-3 xl:grid-cols-2">
        <Skeleton className="h-32 rounded-lg" />
        <Skeleton className="h-32 rounded-lg" />
      </div>
      <Skeleton className="mt-3 h-40 rounded-lg" />
    </div>
  );
}
