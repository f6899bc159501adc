'use client';

import { useState } from 'react';
import { BusyButton } from '@/components/account/busy-button';
import { InvoiceLines } from '@/components/billing/invoice-lines';
import { Money } from '@/components/billing/money';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { Input } from '@/components/ui/input';
import { previewChange } from '@/lib/billing/actions';
import type { ChangePreview } from '@/lib/billing/schema';

/** What another number of seats would cost, before anybody is invited. */
export function SeatPreview({ seats }: { seats: number }) {
  const [wanted, setWanted] = useState(String(seats + 1));
  const [preview, setPreview] = useState<{ seats: string; price: ChangePreview } | null>(null);
  const form = useSubmit();
  const error = form.errors.seats ?? null;
  return (
    <form
      noValidate
      className="border-t px-4 py-3"
      onSubmit={async (event) => {
        event.preventDefault();
        const price = await form.run(() => previewChange({ seats: Number(wanted) }));
        setPreview(price && { seats: wanted, price });
      }}
    >
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <label htmlFor="seats-wanted">What would</label>
        <Input
          id="seats-wanted"
          type="number"
          min={1}
          value={wanted}
          aria-invalid={error !== null}
          aria-describedby={error ? 'seats-wanted-error' : undefined}
          className="num h-8 w-20"
          onChange={(event) => {
            setWanted(event.target.value);
            form.clear('seats');
          }}
        />
        <span>seats cost?</span>
        <BusyButton type="submit" variant="outline" size="sm" pending={form.pending} pendingLabel="Asking…">
          Show
        </BusyButton>
      </div>
      {error && (
        <p id="seats-wanted-error" className="mt-1.5 text-xs text-destructive">
          Seats: {error}.
        </p>
      )}
      {form.failure && (
        <div className="mt-2">
          <FormError>{form.failure}</FormError>
        </div>
      )}
      {preview && (
        <div className="mt-2" aria-live="polite">
          <InvoiceLines lines={preview.price.lines} currency={preview.price.currency} />
          <p className="num mt-2 text-xs text-muted-foreground text-pretty">
            {preview.price.next_total !== null && (
              <>
                The next invoice comes to{' '}
                <Money minor={preview.price.next_total} currency={preview.price.currency} /> with{' '}
                {preview.seats} seats, as things stand.{' '}
              </>
            )}
            Seats follow the people: invite them, and the number changes by itself.
          </p>
        </div>
      )}
    </form>
  );
}
