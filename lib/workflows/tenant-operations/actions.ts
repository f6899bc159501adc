'use server';

import { operatorAction } from '@/lib/http/action';
import { DONE, done } from '@/lib/platform/schema';
import * as mutations from './mutations';
import {
  amountsInput,
  checkedTenant,
  checkInput,
  clearAmountsInput,
  clearRateInput,
  createdTenant,
  createInput,
  deleteInput,
  deletingTenant,
  keepInput,
  planInput,
  rateInput,
  reactivateInput,
  renameInput,
  suspendInput,
} from './schema';

/** Makes a tenant. */
export const createTenant = operatorAction(
  { name: 'tenant-operations.create', limit: 'caller', input: createInput, output: createdTenant },
  (ctx, input) => mutations.createTenant(ctx, input),
);

/** Suspends a tenant. */
export const suspendTenant = operatorAction(
  { name: 'tenant-operations.suspend', limit: 'caller', input: suspendInput, output: done },
  async (ctx, input) => {
    await mutations.suspendTenant(ctx, input);
    return DONE;
  },
);

/** Lets a suspended tenant work again. */
export const reactivateTenant = operatorAction(
  { name: 'tenant-operations.reactivate', limit: 'caller', input: reactivateInput, output: done },
  async (ctx, input) => {
    await mutations.reactivateTenant(ctx, input);
    return DONE;
  },
);

/** Gives a tenant another name. */
export const renameTenant = operatorAction(
  { name: 'tenant-operations.rename', limit: 'caller', input: renameInput, output: done },
  async (ctx, input) => {
    await mutations.renameTenant(ctx, input);
    return DONE;
  },
);

/** Puts a tenant on another plan. */
export const changePlan = operatorAction(
  { name: 'tenant-operations.change-plan', limit: 'caller', input: planInput, output: done },
  async (ctx, input) => {
    await mutations.changePlan(ctx, input);
    return DONE;
  },
);

/** Gives a tenant another rate until a time. */
export const setTenantRate = operatorAction(
  { name: 'tenant-operations.set-rate', limit: 'caller', input: rateInput, output: done },
  async (ctx, input) => {
    await mutations.setTenantRate(ctx, input);
    return DONE;
  },
);

/** Gives a tenant its plan’s rate back. */
export const clearTenantRate = operatorAction(
  { name: 'tenant-operations.clear-rate', limit: 'caller', input: clearRateInput, output: done },
  async (ctx, input) => {
    await mutations.clearTenantRate(ctx, input);
    return DONE;
  },
);

/** Asks for a tenant to be deleted. */
export const deleteTenant = operatorAction(
  { name: 'tenant-operations.delete', limit: 'caller', input: deleteInput, output: deletingTenant },
  (ctx, input) => mutations.deleteTenant(ctx, input),
);

/** Keeps a tenant whose deletion is pending. */
export const keepTenant = operatorAction(
  { name: 'tenant-operations.keep', limit: 'caller', input: keepInput, output: done },
  async (ctx, input) => {
    await mutations.keepTenant(ctx, input);
    return DONE;
  },
);

/** Runs the isolation check of a tenant. */
export const checkTenant = operatorAction(
  { name: 'tenant-operations.check', limit: 'caller', input: checkInput, output: checkedTenant },
  (ctx, input) => mutations.checkTenant(ctx, input),
);

/** Agrees amounts with a tenant. */
export const setTenantAmounts = operatorAction(
  { name: 'tenant-operations.set-amounts', limit: 'caller', input: amountsInput, output: done },
  async (ctx, input) => {
    await mutations.setTenantAmounts(ctx, input);
    return DONE;
  },
);

/** Gives a tenant its plan's amounts back. */
export const clearTenantAmounts = operatorAction(
  { name: 'tenant-operations.clear-amounts', limit: 'caller', input: clearAmountsInput, output: done },
  async (ctx, input) => {
    await mutations.clearTenantAmounts(ctx, input);
    return DONE;
  },
);
