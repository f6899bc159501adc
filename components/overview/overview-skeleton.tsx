import { Skeleton } from '@/components/ui/skeleton';

const figures = ['traces', 'grounded', 'errors', 'p50', 'p95', 'tokens'];
const bars = [35, 50, 42, 68, 80, 55, 47, 62, 74, 90, 66, 58, 40, 52, 70, 84, 61, 45, 38, 56];
const models = ['w-2/5', 'w-1/3', 'w-1/2', 'w-1/4'];

/** The overview before its data is there. */
export function OverviewSkeleton() {
  return (
    <div role="status" aria-label="Loading overview">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2.5">
        <div>
          <Skeleton className="h-7 w-28" />
          <Skeleton className="mt-1 h-3.5 w-52" />
        </div>
        <Skeleton className="h-8 w-72" />
      </div>
      <div className="mt-4 flex flex-col gap-3">
        <div className="grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
          {figures.map((figure) => (
            <div key={figure} className="h-[5.75rem] rounded-lg border bg-card px-3.5 py-3">
              <Skeleton className="h-3.5 w-16" />
              <Skeleton className="mt-2 h-6 w-20" />
              <Skeleton className="mt-2 h-3 w-24" />
            </div>
          ))}
        </div>
        <div className="grid gap-3 lg:grid-cols-2">
          <ChartSkeleton />
          <ChartSkeleton />
          <ChartSkeleton />
          <ChartSkeleton />
        </div>
        <Skeleton className="mt-3 h-4 w-16" />
        <div className="overflow-hidden rounded-lg border bg-card">
          <div className="h-8 border-b bg-muted/60" />
          {models.map((width) => (
            <div key={width} className="flex h-11 items-center gap-6 border-b px-3 last:border-0">
              <div className="flex-1">
                <Skeleton className={`h-3.5 ${width}`} />
              </div>
              <Skeleton className="h-3.5 w-28 shrink-0" />
              <Skeleton className="hidden h-3.5 w-16 shrink-0 sm:block" />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function ChartSkeleton() {
  return (
    <div className="rounded-lg border bg-card px-4 py-3">
      <Skeleton className="h-4 w-20" />
      <div className="mt-4 mb-6 flex h-40 items-end gap-[1.5%] pl-12">
        {bars.map((height, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
          <Skeleton key={index} className="flex-1 rounded-none" style={{ height: `${height}%` }} />
        ))}
      </div>
    </div>
  );
}
