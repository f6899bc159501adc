'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { InvoiceLines } from '@/components/billing/invoice-lines';
import { Money } from '@/components/billing/money';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import {
  Dialog,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from '@/components/ui/dialog';
import { changeInterval, previewChange } from '@/lib/billing/actions';
import type { ChangePreview } from '@/lib/billing/schema';

/** Pays by the year instead of the month, or the other way round, once the price of the change has been seen. */
export function ChangeInterval({
  current,
  price,
}: {
  current: 'monthly' | 'yearly';
  price: { monthly: number; yearly: number };
}) {
  const wanted = current === 'monthly' ? 'yearly' : 'monthly';
  const [preview, setPreview] = useState<ChangePreview | null>(null);
  const asking = useSubmit();
  const changing = useSubmit();
  const router = useRouter();
  const saved = price.monthly * 12 - price.yearly;
  return (
    <div>
      <BusyButton
        type="button"
        size="sm"
        variant={wanted === 'yearly' ? 'default' : 'outline'}
        pending={asking.pending}
        pendingLabel="Asking for the price…"
        onClick={async () => setPreview(await asking.run(() => previewChange({ interval: wanted })))}
      >
        {wanted === 'yearly' ? 'Pay by the year' : 'Pay by the month'}
      </BusyButton>
      {asking.failure && (
        <div className="mt-2">
          <FormError>{asking.failure}</FormError>
        </div>
      )}
      <Dialog open={preview !== null} onOpenChange={(open) => !open && setPreview(null)}>
        <DialogContent>
          <DialogHeader>
            <DialogTitle>{wanted === 'yearly' ? 'Pay by the year?' : 'Pay by the month?'}</DialogTitle>
            <DialogDescription>
              The plan is paid for anew from now on, and what is left of the time that you have paid for is
              credited.
              {wanted === 'yearly' && saved > 0 && (
                <>
                  {' '}
                  A year by the month costs <Money minor={saved} /> more.
                </>
              )}
            </DialogDescription>
          </DialogHeader>
          {preview && (
            <>
              <InvoiceLines lines={preview.lines} currency={preview.currency} />
              <p className="num flex justify-between border-t pt-3 text-sm font-medium">
                <span>{preview.due_now < 0 ? 'Credited now' : 'Charged now'}</span>
                <Money minor={Math.abs(preview.due_now)} currency={preview.currency} />
              </p>
            </>
          )}
          {changing.failure && <FormError>{changing.failure}</FormError>}
          <DialogFooter>
            <Button type="button" variant="outline" onClick={() => setPreview(null)}>
              Leave it
            </Button>
            <BusyButton
              type="button"
              pending={changing.pending}
              pendingLabel="Changing…"
              onClick={async () => {
                if (!preview) return;
                const { proration_date } = preview;
                if (!(await changing.run(() => changeInterval({ interval: wanted, proration_date })))) return;
                setPreview(null);
                router.refresh();
              }}
            >
              Change it
            </BusyButton>
          </DialogFooter>
        </DialogContent>
      </Dialog>
    </div>
  );
}
