import type { ReactNode } from 'react';
import { requireTenant } from '@/lib/tenancy/require-tenant';

type Props = { params: Promise<{ tenant: string }>; children: ReactNode };

/** The permission is asked before the page's skeleton is sent: afterwards the answer could no longer be 403. */
export default async function UsageLayout({ params, children }: Props) {
  await requireTenant(params, 'usage:read');
  return children;
}
