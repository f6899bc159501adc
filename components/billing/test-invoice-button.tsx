'use client';

import { useRouter } from 'next/navigation';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { makeTestInvoice } from '@/lib/billing-invoices/actions';

/** Makes an invoice for what the current period has come to, to see one. */
export function TestInvoiceButton() {
  const form = useSubmit();
  const router = useRouter();
  return (
    <div className="flex flex-col items-end gap-2">
      <BusyButton
        type="button"
        variant="outline"
        size="sm"
        pending={form.pending}
        pendingLabel="Making it…"
        onClick={async () => {
          const made = await form.run(() => makeTestInvoice({}));
          if (!made) return;
          toast.success(`Invoice ${made.number} is made.`, {
            action: { label: 'Open', onClick: () => window.location.assign(made.hosted_url) },
          });
          router.refresh();
        }}
      >
        Make a test invoice
      </BusyButton>
      {form.failure && <FormError>{form.failure}</FormError>}
    </div>
  );
}
