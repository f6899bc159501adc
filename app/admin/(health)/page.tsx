import type { Metadata } from 'next';
import { HealthView } from '@/components/operator/health-view';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { getPlatformHealth } from '@/lib/workflows/platform-health/queries';

export const metadata: Metadata = { title: 'Health' };

export default async function HealthPage() {
  const ctx = await requireOperator();
  return <HealthView health={await getPlatformHealth(ctx)} />;
}
