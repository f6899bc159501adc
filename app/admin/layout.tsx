import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { OperatorShell } from '@/components/operator/operator-shell';
import { env } from '@/lib/env';
import { requireOperator } from '@/lib/tenancy/require-operator';

export const metadata: Metadata = {
  title: { default: 'Operator’s console', template: '%s · Operator’s console' },
};

/** Asked before any skeleton is sent: afterwards the answer could no longer be 404. */
export default async function OperatorLayout({ children }: { children: ReactNode }) {
  const { session } = await requireOperator();
  return (
    <OperatorShell viewer={session} rootDomain={env().rootDomain}>
      {children}
    </OperatorShell>
  );
}
