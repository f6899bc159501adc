import { findPersonToken } from '@/lib/auth/person-tokens';
import type { Session } from '@/lib/auth/sessions';

/** The address that a mailed link would give, or prove of, the signed-in person; null when it is not for them. Changes nothing. */
export async function findMailedAddress(
  session: Session,
  token: string,
  purpose: 'verify-email' | 'change-email',
): Promise<string | null> {
  const found = await findPersonToken(token, purpose);
  return found?.userId === session.userId ? found.email : null;
}
