import type { Metadata } from 'next';
import { SignUpForm } from '@/components/auth/sign-up-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { listProviders } from '@/lib/auth/providers';
import { env } from '@/lib/env';
import { currentSession } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Create a workspace' };

/** A stranger gives name, address and password too; who is signed in names the workspace alone. */
export default async function SignUpPage() {
  const session = await currentSession();
  return (
    <AuthLayout>
      <SignUpForm
        viewer={session && { name: session.name, email: session.email }}
        providers={session ? [] : listProviders('/signup')}
        rootDomain={env().rootDomain}
        signInUrl="/login"
        workspacesUrl="/"
      />
    </AuthLayout>
  );
}
