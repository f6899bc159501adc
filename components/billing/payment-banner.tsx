import { CircleAlertIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import { Button } from '@/components/ui/button';
import type { PaymentNotice } from '@/lib/billing/schema';

/** Stands above every page while an invoice is unpaid: until when all works, and for who may pay the way there. */
export function PaymentBanner({ notice, canPay }: { notice: PaymentNotice; canPay: boolean }) {
  const isOver = notice.access === 'read-only';
  return (
    <div
      role="status"
      className="mb-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg border border-traffic-amber/40 bg-traffic-amber-soft px-3 py-2 text-sm"
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
        <CircleAlertIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-traffic-amber" />
        <span className="text-pretty">
          {isOver ? (
            <>
              <strong className="font-medium">This workspace is read-only:</strong> an invoice has not been
              paid. New traces are refused; nothing that is stored is deleted.
            </>
          ) : (
            <>
              <strong className="font-medium">A payment has failed.</strong> Everything works as before
              {notice.readOnlyAt && (
                <>
                  {' '}
                  until <LocalTime iso={notice.readOnlyAt} />; then the workspace is read-only
                </>
              )}
              .{!canPay && ' An admin can pay it.'}
            </>
          )}
        </span>
      </p>
      {canPay && (
        <Button asChild size="xs">
          <a href="/settings/billing">Pay now</a>
        </Button>
      )}
    </div>
  );
}
