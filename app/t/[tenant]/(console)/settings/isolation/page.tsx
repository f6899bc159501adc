import type { Metadata } from 'next';
import { IsolationView } from '@/components/isolation/isolation-view';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { findLastIsolationCheck } from '@/lib/workflows/isolation-canary/queries';

export const metadata: Metadata = { title: 'Isolation' };

export default async function IsolationPage({ params }: { params: Promise<{ tenant: string }> }) {
  const ctx = await requireTenant(params, 'isolation:check');
  return <IsolationView check={await findLastIsolationCheck(ctx)} />;
}
