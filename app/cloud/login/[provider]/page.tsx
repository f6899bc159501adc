import type { Metadata } from 'next';
import { notFound, redirect } from 'next/navigation';
import { ProviderStart } from '@/components/auth/provider-start';
import { AuthLayout } from '@/components/shell/auth-layout';
import { providerName } from '@/lib/auth/providers';
import { safeReturnUrl } from '@/lib/gateway/hosts';
import { currentSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Sign in' };

/** Where every sign-in by a provider begins, whichever host offered it: the provider knows cloud's address alone. */
export default async function ProviderPage({
  params,
  searchParams,
}: {
  params: Promise<{ provider: string }>;
  searchParams: Promise<{ next?: string }>;
}) {
  const { provider } = await params;
  const name = providerName(provider);
  if (!name) notFound();
  const target = safeReturnUrl((await searchParams).next, '/open');
  if (await currentSession()) redirect(target);
  const signInUrl = `/login?next=${encodeURIComponent(target)}`;
  return (
    <AuthLayout>
      <ProviderStart id={provider} name={name} next={target} signInUrl={signInUrl} />
    </AuthLayout>
  );
}
