import { describe, expect, test } from 'vitest';
import { MAX_ATTEMPTS, toFailure, waitAfter } from '@/lib/mail/retry';

const HOUR = 3_600_000;

describe('waitAfter', () => {
  test('doubles up to four hours', () => {
    expect([1, 2, 3, 10, 14].map((attempt) => waitAfter(attempt, 0))).toEqual([
      30_000,
      60_000,
      120_000,
      4 * HOUR,
      4 * HOUR,
    ]);
  });

  test('scatters what failed together', () => {
    expect(waitAfter(1, 0.999)).toBeGreaterThan(waitAfter(1, 0));
    expect(waitAfter(1, 1)).toBeLessThanOrEqual(36_000);
  });

  test('has the last attempt about a day after the first', () => {
    const waits = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => waitAfter(index + 1, 0.5));
    const whole = waits.reduce((sum, wait) => sum + wait, 0);
    expect(whole).toBeGreaterThan(20 * HOUR);
    expect(whole).toBeLessThan(30 * HOUR);
  });
});

describe('toFailure', () => {
  const answered = (command: string, responseCode: number, code = 'EENVELOPE') =>
    toFailure({ code, command, responseCode, response: `${responseCode} said\r\nmore` });

  test.each([
    ['RCPT TO', 550, 'permanent'],
    ['RCPT TO', 450, 'temporary'],
    ['DATA', 554, 'permanent'],
    ['DATA', 451, 'temporary'],
    ['CONN', 554, 'server'],
    ['AUTH PLAIN', 535, 'server'],
    ['MAIL FROM', 553, 'server'],
    ['EHLO', 421, 'server'],
  ] as const)('of %s answered with %i is %s', (command, responseCode, kind) => {
    expect(answered(command, responseCode).kind).toBe(kind);
  });

  test.each(['ECONNECTION', 'ETIMEDOUT', 'EDNS', 'ETLS', 'EABORT'])('of %s is the server’s', (code) => {
    expect(toFailure({ code, command: 'CONN' })).toEqual({ kind: 'server', reason: `${code} CONN` });
  });

  test('of an envelope that the library refuses is final', () => {
    expect(toFailure({ code: 'EENVELOPE' }).kind).toBe('permanent');
  });

  test('says the answer on one line, cut, and of a sign-in its number alone', () => {
    expect(answered('RCPT TO', 550).reason).toBe('EENVELOPE RCPT TO: 550 said more');
    expect(
      toFailure({ responseCode: 550, command: 'DATA', response: 'x'.repeat(9_000) }).reason,
    ).toHaveLength(300);
    expect(answered('AUTH PLAIN', 535, 'EAUTH').reason).toBe('EAUTH AUTH PLAIN: 535');
  });

  test('of what is no error at all is the server’s', () => {
    expect(toFailure(undefined)).toEqual({ kind: 'server', reason: 'failed' });
  });
});
