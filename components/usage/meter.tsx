import { cn } from '@/components/ui/cn';

/** How full something is, beside a sentence that says the same. The mark is where it will be at the end. */
export function Meter({
  share,
  projected,
  tone = 'normal',
  className,
}: {
  /** Of 1. More than that is full. */
  share: number;
  projected?: number | undefined;
  tone?: 'normal' | 'near' | 'over';
  className?: string;
}) {
  const fill = { normal: 'fill-primary', near: 'fill-traffic-amber', over: 'fill-traffic-red' }[tone];
  const percent = (part: number) => Math.min(1, Math.max(0, part)) * 100;
  return (
    <svg
      aria-hidden="true" // the sentence beside it says the same
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      className={cn('h-1.5 w-full overflow-hidden rounded-full bg-muted', className)}
    >
      {projected !== undefined && projected > share && (
        <rect width={percent(projected)} height="1" className="fill-foreground/15" />
      )}
      <rect width={percent(share)} height="1" className={fill} />
    </svg>
  );
}
