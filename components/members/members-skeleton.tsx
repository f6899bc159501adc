import { Skeleton } from '@/components/ui/skeleton';

const names = ['w-2/5', 'w-1/2', 'w-1/3'];

/** The page of members before its data is there. */
export function MembersSkeleton() {
  return (
    <div role="status" aria-label="Loading members">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div>
          <Skeleton className="h-7 w-24" />
          <Skeleton className="mt-1.5 h-4 w-72 max-w-full" />
        </div>
        <Skeleton className="h-9 w-36" />
      </div>
      <div className="mt-4 rounded-lg border bg-card px-4 py-3">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="mt-2.5 h-1.5 w-80 max-w-full rounded-full" />
        <Skeleton className="mt-2.5 h-3 w-56" />
      </div>
      <div className="mt-4 hidden overflow-hidden rounded-lg border bg-card md:block">
        <div className="h-8 border-b bg-muted/60" />
        {names.map((width) => (
          <div key={width} className="flex h-[3.4rem] items-center gap-6 border-b px-3 last:border-0">
            <div className="flex-1">
              <Skeleton className={`h-3.5 ${width}`} />
              <Skeleton className="mt-1.5 h-3 w-40" />
            </div>
            <Skeleton className="h-8 w-27 shrink-0" />
            <Skeleton className="h-3.5 w-28 shrink-0" />
            <Skeleton className="h-3.5 w-28 shrink-0" />
            <Skeleton className="h-8 w-18 shrink-0" />
          </div>
        ))}
      </div>
      <div className="mt-4 flex flex-col gap-2 md:hidden">
        {names.map((width) => (
          <div key={width} className="rounded-lg border bg-card px-3.5 py-3">
            <Skeleton className={`h-4 ${width}`} />
            <Skeleton className="mt-2 h-3 w-40" />
            <Skeleton className="mt-3 h-3 w-36" />
            <div className="mt-3 flex justify-between">
              <Skeleton className="h-8 w-27" />
              <Skeleton className="h-8 w-18" />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
