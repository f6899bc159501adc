import { requireOperator } from '@/lib/tenancy/require-operator';

export default async function HealthPage() {
  await requireOperator();
  return null;
}
