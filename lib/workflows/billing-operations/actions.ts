'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import { compInput, creditInput, graceInput, replayInput, retryReportInput } from './schema';

/** Gives a tenant a plan until a time. */
export const compPlan = operatorAction(
  { name: 'billing-operations.comp', limit: 'caller', input: compInput, output: done },
  async (ctx, input) => {
    await mutations.compPlan(ctx, input);
    return DONE;
  },
);

/** Credits a tenant an amount. */
export const giveCredit = operatorAction(
  { name: 'billing-operations.credit', limit: 'caller', input: creditInput, output: done },
  async (ctx, input) => {
    await mutations.giveCredit(ctx, input);
    return DONE;
  },
);

/** Lets a tenant that has not paid go on until a time. */
export const extendGrace = operatorAction(
  { name: 'billing-operations.extend_grace', limit: 'caller', input: graceInput, output: done },
  async (ctx, input) => {
    await mutations.extendGrace(ctx, input);
    return DONE;
  },
);

/** Has what an event told of fetched once more. */
export const replayEvent = operatorAction(
  { name: 'billing-operations.replay_event', limit: 'caller', input: replayInput, output: done },
  async (ctx, input) => {
    await mutations.replayEvent(ctx, input);
    return DONE;
  },
);

/** Has a report of usage that was given up sent again. */
export const retryReport = operatorAction(
  { name: 'billing-operations.retry_report', limit: 'caller', input: retryReportInput, output: done },
  async (ctx, input) => {
    await mutations.retryReport(ctx, input);
    return DONE;
  },
);
