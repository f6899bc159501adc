import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SignInForm } from '@/components/auth/sign-in-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { listProviders } from '@/lib/auth/providers';
import { safeReturnUrl, urlOf } from '@/lib/gateway/hosts';
import { currentSession, redirectPendingSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Sign in' };

export default async function CloudLoginPage({
  searchParams,
}: {
  searchParams: Promise<{ next?: string; callbackUrl?: string; error?: string }>;
}) {
  const { next, callbackUrl, error } = await searchParams;
  const target = safeReturnUrl(next ?? callbackUrl, '/open');
  if (await currentSession()) redirect(target);
  await redirectPendingSession(target);
  return (
    <AuthLayout>
      <SignInForm
        next={target}
        error={error}
        providers={listProviders(target)}
        forgotPasswordUrl={urlOf('cloud', '/forgot-password')}
        signUpUrl="/signup"
      />
    </AuthLayout>
  );
}
