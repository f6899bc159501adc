import { describe, expect, test } from 'vitest';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { tooManyActions } from '@/lib/http/action-result';

describe('describeUnreached', () => {
  test.each([
    [1, 'a second'],
    [3, '3 seconds'],
    [600, '10 minutes'],
  ])('tells whoever was refused for their rate to wait %i s', (seconds, wait) => {
    // Next makes an Error of what the gateway answers.
    const thrown = new Error(tooManyActions(seconds));
    expect(describeUnreached(thrown, 'Not reached.')).toBe(`Too many requests. Try again in ${wait}.`);
  });

  test.each([
    new TypeError('Failed to fetch'),
    new Error('An unexpected response was received.'),
    'text',
    null,
  ])('tells nothing of what else was thrown: %s', (thrown) => {
    expect(describeUnreached(thrown, 'Not reached.')).toBe('Not reached.');
    expect(describeUnreached(thrown)).toMatch(/^The server could not be reached/);
  });
});
