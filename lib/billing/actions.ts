'use server';

import { action } from '@/lib/http/action';
import * as mutations from './mutations';
import { billingState, changeInput, changeIntervalInput, changePreview, empty } from './schema';

/** What another interval, or other seats, would cost the signed-in admin's workspace. */
export const previewChange = action(
  {
    name: 'billing.preview_change',
    limit: 'caller',
    permission: 'billing:manage',
    input: changeInput,
    output: changePreview,
  },
  mutations.previewChange,
);

/** Pays for the plan by the month or by the year from now on. */
export const changeInterval = action(
  {
    name: 'billing.change_interval',
    limit: 'caller',
    permission: 'billing:manage',
    input: changeIntervalInput,
    output: billingState,
  },
  mutations.changeInterval,
);

/** Ends the subscription when what is paid for has run out. */
export const cancelSubscription = action(
  {
    name: 'billing.cancel',
    limit: 'caller',
    permission: 'billing:manage',
    input: empty,
    output: billingState,
  },
  mutations.cancelSubscription,
);

/** Lets a subscription go on that was to end. */
export const resumeSubscription = action(
  {
    name: 'billing.resume',
    limit: 'caller',
    permission: 'billing:manage',
    input: empty,
    output: billingState,
  },
  mutations.resumeSubscription,
);
