'use client';

import { useRouter } from 'next/navigation';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { setSupport } from '@/lib/workflows/support/actions';

/** Whether operators may look into the workspace's console, and the button that says otherwise. */
export function SupportSetting({ allowed }: { allowed: boolean }) {
  const router = useRouter();
  const form = useSubmit();

  async function change() {
    const saved = await form.run(() => setSupport({ allowed: !allowed }));
    if (!saved) return;
    toast.success(saved.allowed ? 'Support may look in now.' : 'Support may not look in any more.');
    router.refresh();
  }

  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-sm font-medium">{allowed ? 'Support may look in.' : 'Support may not look in.'}</p>
      {form.failure && <FormError>{form.failure}</FormError>}
      <BusyButton
        type="button"
        variant="outline"
        pending={form.pending}
        pendingLabel="Saving…"
        onClick={change}
      >
        {allowed ? 'Do not let support in' : 'Let support in'}
      </BusyButton>
    </div>
  );
}
