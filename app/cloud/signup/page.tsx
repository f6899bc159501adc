import type { Metadata } from 'next';
import { SignUpForm } from '@/components/auth/sign-up-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { env } from '@/lib/env';

export const metadata: Metadata = { title: 'Create a workspace' };

export default function SignUpPage() {
  return (
    <AuthLayout>
      <SignUpForm rootDomain={env().rootDomain} signInUrl="/login" />
    </AuthLayout>
  );
}
