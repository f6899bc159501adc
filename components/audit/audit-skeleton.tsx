import { Skeleton } from '@/components/ui/skeleton';

const filters = ['who', 'what', 'from', 'to', 'text'];
const rows = ['w-2/5', 'w-3/5', 'w-1/2', 'w-1/3', 'w-2/5', 'w-1/2', 'w-3/5', 'w-1/3'];

/** The audit log before its data is there. */
export function AuditSkeleton() {
  return (
    <div role="status" aria-label="Loading the audit log">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div>
          <Skeleton className="h-7 w-28" />
          <Skeleton className="mt-1.5 h-4 w-96 max-w-full" />
        </div>
        <Skeleton className="h-9 w-34" />
      </div>
      <div className="my-4 flex flex-wrap gap-2">
        {filters.map((name) => (
          <Skeleton key={name} className="mt-5 h-8 w-40" />
        ))}
      </div>
      <div className="overflow-hidden rounded-lg border bg-card">
        {rows.map((width, index) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: shapes, which never change
            key={index}
            className="flex h-11 items-center gap-6 border-b px-3.5 last:border-0"
          >
            <Skeleton className="h-3.5 w-28 shrink-0" />
            <div className="flex-1">
              <Skeleton className={`h-3.5 ${width}`} />
            </div>
            <Skeleton className="hidden h-3.5 w-44 shrink-0 md:block" />
          </div>
        ))}
      </div>
    </div>
  );
}
