import { describe, expect, test } from 'vitest';
import { describeSignInError, limitedCode, signInErrors, tooManyAttempts } from '@/lib/auth/schema';

describe('describeSignInError', () => {
  test('has a sentence for what we know, and the same for all else', () => {
    expect(describeSignInError('Denied')).toBe(signInErrors.Denied);
    expect(describeSignInError(limitedCode(61))).toBe('Too many attempts. Try again in 2 minutes.');
    const other = describeSignInError('Configuration');
    for (const code of [
      '<script>',
      'toString',
      '__proto__',
      'limited-',
      'limited-x',
      'limited--5',
      'limited-1e9',
    ])
      expect(describeSignInError(code), code).toBe(other);
  });

  test('is silent where nothing went wrong', () => {
    for (const nothing of [undefined, '', ['Denied', 'Denied'], null])
      expect(describeSignInError(nothing)).toBeNull();
  });
});

test.each([
  [0, '1 minute'],
  [1, '1 minute'],
  [60, '1 minute'],
  [60.2, '2 minutes'],
  [3_600, '60 minutes'],
])('%d seconds are %s to wait', (seconds, words) => {
  expect(tooManyAttempts(seconds)).toBe(`Too many attempts. Try again in ${words}.`);
});
