import type Stripe from 'stripe';
import { type Box, emit, find, now } from '../box';
import { addIntervals } from '../calendar';
import { beginAdvance } from '../engine/clocks';
import { invalidRequest, StripeFailure } from '../errors';
import { listPage } from '../lists';
import { integer, page, parameters, text } from '../params';
import { route } from '../router';
import { newObjectId } from '../wire';
import { onlyExpand } from './common';
import { deleteCustomer } from './customers';

const createParams = parameters<Stripe.TestHelpers.TestClockCreateParams>()({
  frozen_time: integer,
  name: text.max(300).optional(),
});
const listParams = parameters<Stripe.TestHelpers.TestClockListParams>()(page);
const advanceParams = parameters<Stripe.TestHelpers.TestClockAdvanceParams>()({ frozen_time: integer });

const LIFETIME = 30 * 86_400;

function advance(box: Box, id: string, target: number): Stripe.TestHelpers.TestClock {
  const clock = find(box, 'test_clocks', id);
  if (clock.status !== 'ready')
    throw new StripeFailure(429, {
      type: 'invalid_request_error',
      message: 'Test clock advancement underway - cannot perform modifications.',
      code: 'test_clock_advancement_underway',
    });
  if (target <= clock.frozen_time)
    throw invalidRequest('Test clocks can only be advanced into the future.', 'frozen_time');
  if (target > longestAdvance(box, clock))
    throw invalidRequest(
      'Cannot advance a test clock by more than two intervals of the shortest subscription on it.',
      'frozen_time',
    );
  beginAdvance(box, id, target);
  return find(box, 'test_clocks', id);
}

/** Stripe lets a clock advance by two intervals of the shortest subscription at once, or two years without any. */
function longestAdvance(box: Box, clock: Stripe.TestHelpers.TestClock): number {
  const intervals = box.store
    .where('subscriptions', (row) => row.test_clock === clock.id && row.ended_at === null)
    .flatMap((row) => row.items.data.map(({ price }) => price.recurring))
    .map((recurring) =>
      addIntervals(
        clock.frozen_time,
        (recurring?.interval ?? 'month') as 'month',
        2 * (recurring?.interval_count ?? 1),
      ),
    );
  return Math.min(addIntervals(clock.frozen_time, 'year', 2), ...intervals);
}

export const testClockRoutes = [
  route('POST', '/v1/test_helpers/test_clocks', createParams, (box, params) => {
    const clock = {
      id: newObjectId('clock'),
      object: 'test_helpers.test_clock',
      created: now(box),
      deletes_after: now(box) + LIFETIME,
      frozen_time: params.frozen_time,
      livemode: false,
      name: params.name ?? null,
      status: 'ready',
      status_details: {},
    } satisfies Stripe.TestHelpers.TestClock;
    box.store.put('test_clocks', clock);
    emit(box, 'test_helpers.test_clock.created', clock, { at: clock.created });
    return clock;
  }),
  route('GET', '/v1/test_helpers/test_clocks', listParams, (box, params) =>
    listPage(box.store.all('test_clocks'), params, '/v1/test_helpers/test_clocks'),
  ),
  route('GET', '/v1/test_helpers/test_clocks/:id', onlyExpand, (box, _, { id = '' }) =>
    find(box, 'test_clocks', id),
  ),
  route('POST', '/v1/test_helpers/test_clocks/:id/advance', advanceParams, (box, params, { id = '' }) =>
    advance(box, id, params.frozen_time),
  ),
  route('DELETE', '/v1/test_helpers/test_clocks/:id', onlyExpand, (box, _, { id = '' }) => {
    const clock = find(box, 'test_clocks', id);
    for (const customer of box.store.where('customers', (row) => row.test_clock === id))
      deleteCustomer(box, customer.id);
    box.store.remove('test_clocks', id);
    emit(box, 'test_helpers.test_clock.deleted', clock, { at: now(box) });
    return {
      id,
      object: 'test_helpers.test_clock',
      deleted: true,
    } satisfies Stripe.TestHelpers.DeletedTestClock;
  }),
];
