import { cn } from '@/components/ui/cn';

/** The mark (ranked lines, the last one checked) with the product's name beside it unless `markOnly`. */
export function Logo({ markOnly = false, className }: { markOnly?: boolean; className?: string }) {
  return (
    <span className={cn('inline-flex items-center gap-2 font-semibold tracking-tight', className)}>
      <svg
        viewBox="0 0 32 32"
        fill="none"
        strokeLinecap="round"
        strokeLinejoin="round"
        strokeWidth="2.8"
        className="size-6 shrink-0"
        role={markOnly ? 'img' : undefined}
        aria-hidden={markOnly ? undefined : true}
        aria-label={markOnly ? 'RAG Toolkit' : undefined}
      >
        <rect width="32" height="32" rx="7.5" className="fill-primary" />
        <path d="M8.5 10h15M8.5 16h10.5M8.5 22h4.5" className="stroke-primary-foreground" />
        <path
          d="m17.2 22 2.3 2.3 4.6-4.8"
          className="stroke-[oklch(0.83_0.075_213)] dark:stroke-[oklch(0.42_0.085_224)]"
        />
      </svg>
      {!markOnly && (
        <span>
          RAG Toolkit <span className="font-normal text-muted-foreground">Cloud</span>
        </span>
      )}
    </span>
  );
}
