import type { Metadata } from 'next';
import { AccountView } from '@/components/account/account-view';
import { requireSession } from '@/lib/tenancy/require-tenant';
import { getAccount } from '@/lib/workflows/account/queries';

export const metadata: Metadata = { title: 'Your account' };

export default async function AccountPage() {
  const session = await requireSession();
  return <AccountView account={await getAccount(session)} workspacesUrl="/" />;
}
