import { ChevronLeftIcon, ChevronRightIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';

/** The way through a list by keyset: to its beginning, and on. */
export function Pager({
  label,
  firstHref,
  nextHref,
  note,
}: {
  label: string;
  /** Null on the first page. */
  firstHref: string | null;
  nextHref: string | null;
  /** Null where there is nothing to count. */
  note: ReactNode;
}) {
  if (note === null && !firstHref && !nextHref) return null;
  return (
    <nav aria-label={label} className="mt-4 flex flex-wrap items-center justify-between gap-3">
      {firstHref ? (
        <Button asChild variant="outline" size="sm">
          <Link href={firstHref} prefetch={false}>
            <ChevronLeftIcon aria-hidden="true" />
            Newest
          </Link>
        </Button>
      ) : (
        <span className="num text-sm text-muted-foreground">{note}</span>
      )}
      {nextHref && (
        <Button asChild variant="outline" size="sm">
          <Link href={nextHref} prefetch={false}>
            Older
            <ChevronRightIcon aria-hidden="true" />
          </Link>
        </Button>
      )}
    </nav>
  );
}
