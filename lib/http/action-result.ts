import type { Issue } from '@/lib/errors';

/** What every server action answers. Actions never throw at the browser: an error is a value with a sentence to show. */
export type ActionResult<T> =
  | { ok: true; data: T }
  | { ok: false; error: { code: string; message: string; requestId: string; issues: Issue[] } };

const TOO_MANY = 'Too many requests. ';

/** What a person is told whose action was refused for its rate; `seconds` is how long to wait. */
export function tooManyActions(seconds: number): string {
  const wait =
    seconds === 1 ? 'a second' : seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `${TOO_MANY}Try again in ${wait}.`;
}

/**
 * The sentence with which the gateway has refused an action before it could run: it is answered as plain text, which Next
 * throws at whoever called the action. Null for anything else that was thrown.
 */
export function refusalIn(thrown: unknown): string | null {
  return thrown instanceof Error && thrown.message.startsWith(TOO_MANY) ? thrown.message : null;
}
