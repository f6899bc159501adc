import { createHash } from 'node:crypto';
import type { Box } from './box';
import { StripeFailure } from './errors';
import type { StoredAnswer } from './tables';

/** How long an answer is remembered, in milliseconds: Stripe promises at least 24 hours. */
export const ANSWER_LIFETIME = 24 * 3_600_000;

/** What makes two requests the same one. */
export function fingerprintOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('base64url');
}

/** The answer that a key had before, if it had one. Throws Stripe's error when the key was used for another request. */
export function earlierAnswer(box: Box, key: string, fingerprint: string): StoredAnswer | undefined {
  const answer = box.store.get('answers', key);
  if (!answer || answer.created < box.realNow() - ANSWER_LIFETIME) return undefined;
  if (answer.fingerprint === fingerprint) return answer;
  throw new StripeFailure(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}
