import { OctagonAlertIcon, TriangleAlertIcon } from 'lucide-react';
import Link from 'next/link';
import { formatCount } from '@/components/data/format';
import { cn } from '@/components/ui/cn';
import { utcMoment } from '@/components/usage/metric-format';
import { usagePath } from '@/components/usage/usage-href';
import type { QuotaNotice } from '@/lib/workflows/quotas/schema';

/** Tells everybody of a workspace that new traces are refused, or will be soon. `canSee` is whether they may open the page. */
export function QuotaBanner({
  notice,
  canSee,
  className,
}: {
  notice: QuotaNotice;
  canSee: boolean;
  className?: string;
}) {
  const isOver = notice.state === 'used-up';
  const Icon = isOver ? OctagonAlertIcon : TriangleAlertIcon;
  return (
    <section
      aria-label="Quota"
      className={cn(
        'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border px-3 py-2 text-sm',
        isOver
          ? 'border-traffic-red/40 bg-traffic-red-soft'
          : 'border-traffic-amber/40 bg-traffic-amber-soft',
        className,
      )}
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
        <Icon
          aria-hidden="true"
          className={cn('mt-0.5 size-4 shrink-0', isOver ? 'text-traffic-red' : 'text-traffic-amber')}
        />
        <span className="num min-w-0 text-pretty">
          <strong className={cn('font-medium', isOver ? 'text-traffic-red' : 'text-traffic-amber')}>
            {isOver
              ? 'New traces are refused.'
              : `${formatCount(notice.used)} of ${formatCount(notice.limit)} traces are used.`}
          </strong>{' '}
          {sentence(notice)}
        </span>
      </p>
      {canSee && (
        <Link href={usagePath} className="shrink-0 font-medium underline underline-offset-4">
          See usage
        </Link>
      )}
    </section>
  );
}

function sentence({ state, from, limit, planName, periodEnd }: QuotaNotice): string {
  const until = utcMoment(periodEnd);
  const traces = `${formatCount(limit)} traces`;
  if (state === 'near')
    return from === 'cap'
      ? `At ${traces} the spend cap is reached, and new ones are refused until ${until}.`
      : `${planName} includes ${traces}: when they are used, new ones are refused until ${until}.`;
  return from === 'cap'
    ? `The spend cap is reached, at ${traces}. It begins anew on ${until}; an admin can raise it before.`
    : `All ${traces} of ${planName} are used. They begin anew on ${until}; an admin can change the plan before.`;
}
