import { Skeleton } from '@/components/ui/skeleton';

/** The page of billing before its data is there. */
export function BillingSkeleton() {
  return (
    <div role="status" aria-label="Loading billing">
      <Skeleton className="h-7 w-20" />
      <Skeleton className="mt-1.5 h-4 w-full max-w-md" />
      <div className="mt-4 grid gap-3 lg:grid-cols-2">
        {['plan', 'period'].map((card) => (
          <div key={card} className="rounded-lg border bg-card px-4 py-3">
            <Skeleton className="h-4 w-24" />
            <Skeleton className="mt-4 h-8 w-32" />
            <Skeleton className="mt-3 h-4 w-64 max-w-full" />
            <Skeleton className="mt-4 h-8 w-40" />
          </div>
        ))}
      </div>
      <div className="mt-3 rounded-lg border bg-card px-4 py-3">
        <Skeleton className="h-4 w-20" />
        {['w-3/5', 'w-2/5', 'w-1/2'].map((width) => (
          <Skeleton key={width} className={`mt-4 h-4 ${width}`} />
        ))}
      </div>
    </div>
  );
}
