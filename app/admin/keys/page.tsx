import type { Metadata } from 'next';
import { OperatorKeysView } from '@/components/operator/operator-keys-view';
import { urlOf } from '@/lib/gateway/hosts';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { listOperatorKeys } from '@/lib/workflows/operators/queries';

export const metadata: Metadata = { title: 'Operator keys' };

export default async function OperatorKeysPage() {
  const ctx = await requireOperator();
  return <OperatorKeysView keys={await listOperatorKeys(ctx)} origin={urlOf('cloud', '')} />;
}
