'use client';

import { ReasonDialog } from '@/components/operator/reason-dialog';
import { settleFinding } from '@/lib/workflows/metering-console/actions';
import type { MeteringFinding } from '@/lib/workflows/metering-console/schema';

/** Says that a difference is dealt with: a later recount that finds it again brings it back. */
export function SettleFinding({ finding }: { finding: Pick<MeteringFinding, 'tenantId' | 'id' | 'slug'> }) {
  const { tenantId, id, slug } = finding;
  return (
    <ReasonDialog
      trigger="Dealt with"
      size="xs"
      label={`Dealt with: ${slug}`}
      title={`The difference of ${slug} is dealt with`}
      effects={['It leaves this list. No number is changed.', 'It comes back if a recount finds it again.']}
      verb="Dealt with"
      doing="Noting…"
      run={({ reason }) => settleFinding({ tenantId, id, reason })}
      done="Noted. It comes back if a recount finds it again."
    />
  );
}
