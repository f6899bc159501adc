import { writeFeedback } from '@/lib/feedback/mutations';
import { feedbackBody } from '@/lib/feedback/schema';
import type { TenantContext } from '@/lib/tenancy/context';

/** What people said of the help centre's answers, by the number of the answer. */
const said = [
  { answer: '01', id: 'visit-1', thumbs: 'up', user_id: 'customer-7' },
  {
    answer: '01',
    id: 'visit-2',
    thumbs: 'up',
    comment: 'Short and right, thank you.',
    user_id: 'customer-12',
  },
  {
    answer: '03',
    id: 'visit-3',
    thumbs: 'down',
    score: 0.2,
    comment: 'That is what the page says of yearly plans. Mine is monthly.',
    user_id: 'customer-3',
  },
  {
    answer: '05',
    id: 'visit-4',
    thumbs: 'down',
    comment: 'We are on Pro, and support knows nothing of this.',
    user_id: 'customer-5',
  },
];

/** Gives a tenant's newest traces what their readers would have said of them. Giving it again changes nothing. */
export async function seedFeedback(ctx: TenantContext): Promise<void> {
  for (const { answer, ...body } of said)
    await writeFeedback(ctx, { ...feedbackBody.parse(body), traceId: `${ctx.tenant.slug}-demo-${answer}` });
}
