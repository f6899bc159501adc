import type { Metadata } from 'next';
import { SecondFactorForm } from '@/components/account/second-factor-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { safeReturnUrl } from '@/lib/gateway/hosts';
import { requireHostTenant, requirePendingSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Sign in' };

export default async function TenantSecondFactorPage({
  params,
  searchParams,
}: {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<{ next?: string }>;
}) {
  await requireHostTenant(params);
  const next = safeReturnUrl((await searchParams).next, '/');
  const { email } = await requirePendingSession(next);
  return (
    <AuthLayout>
      <SecondFactorForm email={email} next={next} />
    </AuthLayout>
  );
}
