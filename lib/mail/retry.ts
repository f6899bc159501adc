/** What a failed attempt means: the mail is lost, or it is tried again; `server` is a failure that other mails would share. */
export type Failure = {
  kind: 'permanent' | 'temporary' | 'server';
  /** For the operator: what was answered to which command. Neither credentials nor contents. */
  reason: string;
};

/** Attempts at a mail before it is given up; with the waits below, the last one comes about a day after the first. */
export const MAX_ATTEMPTS = 15;

const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 4 * 3_600_000;
const MAX_REASON = 300;

/**
 * Milliseconds to wait after the `attempt`th attempt (from 1): doubling from half a minute up to four hours, and up to a
 * fifth more, so that mails which failed together do not come back together. `random` is from 0 to 1.
 */
export function waitAfter(attempt: number, random: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS) * (1 + random / 5);
}

/**
 * What an error of the mail library means. Only what the server says of the recipient or of the message is final; that
 * it does not know us (greeting, sign-in, sender), or is not there, is for the operator to mend, and the mail waits.
 */
export function toFailure(error: unknown): Failure {
  const { code, command, responseCode, response } = (error ?? {}) as Record<string, unknown>;
  const about = [code, command].filter((part) => typeof part === 'string').join(' ') || 'failed';
  if (typeof responseCode !== 'number') {
    // Without an answer, an envelope that is wrong was found wrong by the library itself.
    const kind = code === 'EENVELOPE' ? 'permanent' : 'server';
    return { kind, reason: about };
  }
  const isOfMail = command === 'RCPT TO' || command === 'DATA';
  if (!isOfMail) return { kind: 'server', reason: `${about}: ${responseCode}` };
  const said = typeof response === 'string' ? response.replace(/\p{Cc}+/gu, ' ') : String(responseCode);
  return {
    kind: responseCode >= 500 ? 'permanent' : 'temporary',
    reason: `${about}: ${said}`.toWellFormed().slice(0, MAX_REASON),
  };
}
