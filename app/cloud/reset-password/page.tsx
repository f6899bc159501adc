import type { Metadata } from 'next';
import { LinkSpent } from '@/components/account/link-spent';
import { ResetPasswordForm } from '@/components/account/reset-password-form';
import { AuthLayout } from '@/components/shell/auth-layout';
import { isResetLinkValid } from '@/lib/workflows/passwords/queries';

export const metadata: Metadata = { title: 'Set a new password' };

/** Where the mail to somebody who has forgotten their password leads. Following the link alone changes nothing. */
export default async function ResetPasswordPage({
  searchParams,
}: {
  searchParams: Promise<{ token?: string }>;
}) {
  const token = String((await searchParams).token ?? '');
  return (
    <AuthLayout>
      {(await isResetLinkValid(token)) ? (
        <ResetPasswordForm token={token} />
      ) : (
        <LinkSpent href="/forgot-password" label="Mail me a new link">
          It was used already, is older than an hour, or a newer one was mailed.
        </LinkSpent>
      )}
    </AuthLayout>
  );
}
