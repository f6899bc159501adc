'use client';

import { ReasonDialog } from '@/components/operator/reason-dialog';
import { metrics } from '@/lib/metering/schema';
import { resolveFinding } from '@/lib/workflows/metering-console/actions';
import type { MeteringFinding } from '@/lib/workflows/metering-console/schema';

/** Says that a difference is dealt with, and how: a later recount that finds it again brings it back. */
export function ResolveFinding({ finding }: { finding: MeteringFinding }) {
  const { tenantId, id, slug, metric } = finding;
  const title = `${metrics[metric].name} of ${slug}`;
  return (
    <ReasonDialog
      trigger="Dealt with"
      size="xs"
      label={`Dealt with: ${title}`}
      title={title}
      effects={['It leaves this list.', 'A recount that finds it again brings it back.']}
      verb="It is dealt with"
      doing="Noting…"
      run={({ reason }) => resolveFinding({ tenantId, id, reason })}
      done="Noted."
    />
  );
}
