import type { Metadata } from 'next';
import { SecondFactorForm } from '@/components/account/second-factor-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { safeReturnUrl } from '@/lib/gateway/hosts';
import { requirePendingSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Sign in' };

export default async function CloudSecondFactorPage({
  searchParams,
}: {
  searchParams: Promise<{ next?: string }>;
}) {
  const next = safeReturnUrl((await searchParams).next, '/open');
  const { email } = await requirePendingSession(next);
  return (
    <AuthLayout>
      <SecondFactorForm email={email} next={next} />
    </AuthLayout>
  );
}
