import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInForm } from '@/components/auth/sign-in-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { listProviders } from '@/lib/auth/providers';
import { safeReturnUrl, urlOf } from '@/lib/gateway/hosts';
import { currentSession, redirectPendingSession, requireHostTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Sign in' };

export default async function TenantLoginPage({
  params,
  searchParams,
}: {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<{ next?: string; callbackUrl?: string; error?: string }>;
}) {
  const tenant = await requireHostTenant(params);
  const { next, callbackUrl, error } = await searchParams;
  const target = safeReturnUrl(next ?? callbackUrl, '/');
  if (await currentSession()) redirect(target);
  await redirectPendingSession(target);
  return (
    <AuthLayout>
      <SignInForm
        tenantName={tenant.name}
        next={target}
        error={error}
        providers={listProviders(new URL(target, urlOf(tenant)).toString())}
        forgotPasswordUrl={urlOf('cloud', '/forgot-password')}
        signUpUrl={urlOf('cloud', '/signup')}
      />
    </AuthLayout>
  );
}
