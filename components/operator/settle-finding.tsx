'use client';

import { useRouter } from 'next/navigation';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { useSubmit } from '@/components/forms/use-submit';
import { settleFinding } from '@/lib/workflows/metering-console/actions';
import type { MeteringFinding } from '@/lib/workflows/metering-console/schema';

/** Says that a difference is dealt with: a later recount that finds it again brings it back. */
export function SettleFinding({ finding }: { finding: Pick<MeteringFinding, 'tenantId' | 'id' | 'slug'> }) {
  const router = useRouter();
  const form = useSubmit();
  const { tenantId, id, slug } = finding;
  return (
    <BusyButton
      type="button"
      variant="outline"
      size="xs"
      pending={form.pending}
      pendingLabel="Noting…"
      aria-label={`Dealt with: ${slug}`}
      onClick={async () => {
        if (!(await form.run(() => settleFinding({ tenantId, id })))) return;
        toast.success('Noted. It comes back if a recount finds it again.');
        router.refresh();
      }}
    >
      {form.failure ?? 'Dealt with'}
    </BusyButton>
  );
}
