import type { Metadata } from 'next';
import { ConfirmAddress } from '@/components/account/confirm-address';
import { LinkSpent } from '@/components/account/link-spent';
import { AuthLayout } from '@/components/shell/auth-layout';
import { requireSession } from '@/lib/tenancy/require-tenant';
import { findMailedAddress } from '@/lib/workflows/email-verification/queries';

export const metadata: Metadata = { title: 'Confirm your e-mail address' };

/** Where the mail to a new person leads. Following the link alone changes nothing. */
export default async function VerifyEmailPage({
  searchParams,
}: {
  searchParams: Promise<{ token?: string }>;
}) {
  const session = await requireSession();
  const token = String((await searchParams).token ?? '');
  const address = await findMailedAddress(session, token, 'verify-email');
  return (
    <AuthLayout>
      {address ? (
        <ConfirmAddress
          kind="verify"
          address={address}
          token={token}
          viewer={{ name: session.name, email: session.email }}
        />
      ) : (
        <LinkSpent href="/account" label="Go to my account">
          It was used already, a newer one was mailed, or it was mailed for another account than the one you
          are signed in with.
        </LinkSpent>
      )}
    </AuthLayout>
  );
}
