import { findPersonToken } from '@/lib/auth/person-tokens';

/** Whether a link that sets a new password still works. Changes nothing. */
export async function isResetLinkValid(token: string): Promise<boolean> {
  return (await findPersonToken(token, 'reset-password')) !== null;
}
