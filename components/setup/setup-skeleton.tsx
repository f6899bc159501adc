import { Skeleton } from '@/components/ui/skeleton';

const lines = ['w-4/5', 'w-3/5', 'w-2/5', 'w-1/6', 'w-3/5', 'w-1/3', 'w-4/5', 'w-3/4', 'w-2/5', 'w-1/4'];

/** The set-up page before its data is there. */
export function SetupSkeleton() {
  return (
    <div role="status" aria-label="Loading the set-up" className="mx-auto max-w-4xl min-w-0">
      <Skeleton className="h-7 w-40" />
      <Skeleton className="mt-2 h-4 w-4/5" />
      <Skeleton className="mt-5 h-36 w-full" />
      <Skeleton className="mt-5 h-9 w-60" />
      <div className="mt-3 rounded-lg border">
        <div className="h-9 border-b bg-muted/60" />
        <div className="flex flex-col gap-2.5 px-3.5 py-3.5">
          {lines.map((width, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list
            <Skeleton key={index} className={`h-3.5 ${width}`} />
          ))}
        </div>
      </div>
      <Skeleton className="mt-5 h-12 w-full" />
    </div>
  );
}
