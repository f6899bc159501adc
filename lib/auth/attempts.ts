import { AppError } from '@/lib/errors';
import { assertWithin } from '@/lib/rate-limit/limit';
import { tooManyAttempts } from './schema';

/**
 * Counts one attempt of a person against limits, before it is looked at: whether an account exists changes nothing. Throws
 * AppError `rate_limited` with the seconds to wait, and a message that says so to the person.
 */
export async function assertAttempt(limits: Parameters<typeof assertWithin>[0]): Promise<void> {
  try {
    await assertWithin(limits);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'rate_limited') throw error;
    const seconds = error.retryAfter ?? 60;
    throw new AppError('rate_limited', tooManyAttempts(seconds), [], seconds);
  }
}
