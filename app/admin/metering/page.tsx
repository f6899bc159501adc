import type { Metadata } from 'next';
import { MeteringView } from '@/components/operator/metering-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { getMeteringOverview } from '@/lib/workflows/metering-console/queries';

export const metadata: Metadata = { title: 'Metering' };

export default async function MeteringPage() {
  const ctx = await requireOperator();
  return <MeteringView overview={await getMeteringOverview(ctx)} />;
}
