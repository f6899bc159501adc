import { refusalIn } from '@/lib/http/action-result';

/**
 * Why a server action gave no answer, for whoever called it: it was refused for coming too often, or, as far as anybody
 * can tell, did not get there (`otherwise`).
 */
export function describeUnreached(
  thrown: unknown,
  otherwise = 'The server could not be reached. Check your connection and try again.',
): string {
  return refusalIn(thrown) ?? otherwise;
}
