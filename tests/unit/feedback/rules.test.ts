import { describe, expect, test } from 'vitest';
import { feedbackNote } from '@/components/feedback/feedback-list';
import { feedbackSize, mergeFeedback, toFeedbackInput } from '@/lib/feedback/rules';
import { type Feedback, feedbackBody } from '@/lib/feedback/schema';

describe('toFeedbackInput', () => {
  test('takes null and empty texts for "not sent", and 0 for a score', () => {
    const body = feedbackBody.parse({ score: 0, thumbs: null, comment: '', user_id: '' });
    expect(toFeedbackInput(body)).toEqual({ score: 0 });
  });
});

describe('mergeFeedback', () => {
  test('replaces what came and keeps the rest', () => {
    expect(
      mergeFeedback({ thumbs: 'up', comment: 'old' }, { thumbs: 'down', comment: undefined, score: 0 }),
    ).toEqual({ thumbs: 'down', comment: 'old', score: 0 });
  });
});

test('feedbackSize counts the client’s data in bytes of UTF-8, and null as nothing', () => {
  const place = { traceId: 't', id: 'a' };
  expect(feedbackSize(place, {})).toBe('{"traceId":"t","id":"a"}'.length);
  expect(feedbackSize(place, { comment: 'é' })).toBe('{"traceId":"t","id":"a","comment":"é"}'.length + 1);
});

test('feedbackNote counts thumbs, and else what there is', () => {
  const one = (given: Partial<Feedback>): Feedback => ({
    id: 'a',
    thumbs: null,
    score: null,
    comment: null,
    userId: null,
    createdAt: '',
    updatedAt: '',
    ...given,
  });
  expect(feedbackNote([one({ thumbs: 'up' }), one({ thumbs: 'up' }), one({ thumbs: 'down' }), one({})])).toBe(
    '2 good, 1 bad',
  );
  expect(feedbackNote([one({ comment: 'x' })])).toBe('1 comment');
  expect(feedbackNote([one({ score: 1 }), one({ score: 0 })])).toBe('2 scores');
});
