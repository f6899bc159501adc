import type { z } from 'zod';
import { authorizeOperator } from '@/lib/auth/authorize';
import type { PlanId } from '@/lib/plans/plans';
import { actAs, type OperatorContext } from '@/lib/tenancy/context';
import * as tenantVerbs from '@/lib/tenants/mutations';
import { signUpThroughApi } from '@/lib/workflows/api-sign-up/mutations';
import * as deletion from '@/lib/workflows/deletion/mutations';
import * as exports from '@/lib/workflows/export/mutations';
import { runIsolationCheck } from '@/lib/workflows/isolation-canary/mutations';
import type { IsolationCheck } from '@/lib/workflows/isolation-canary/schema';
import * as limits from '@/lib/workflows/limits/mutations';
import type { TenantRateInput } from '@/lib/workflows/limits/schema';
import * as quotas from '@/lib/workflows/quotas/mutations';
import type { TenantAmountsInput } from '@/lib/workflows/quotas/schema';
import { onTenant } from './queries';
import type { createInput } from './schema';

/** What an operator does to one tenant, by the verbs of its own people and of the system. Each row of the log says why. */
type OnTenant = { tenantId: string; reason: string };

/** Makes a tenant for an e-mail address, which gets a mail with the way in. Throws AppError `conflict` when the slug is taken. */
export async function createTenant(
  ctx: OperatorContext,
  { reason, ...input }: z.output<typeof createInput>,
): Promise<{ id: string; slug: string }> {
  authorizeOperator(ctx);
  const { actor, requestId } = actAs(ctx, reason);
  const { id, slug } = await signUpThroughApi(input, requestId, actor);
  return { id, slug };
}

/** Closes a tenant's pages and API until it is reactivated; nothing is lost. Throws AppError `not_found`, `conflict`. */
export async function suspendTenant(ctx: OperatorContext, input: OnTenant): Promise<void> {
  authorizeOperator(ctx);
  await tenantVerbs.suspendTenant(actAs(ctx, input.reason), input);
}

/** Lets a suspended tenant work again. Throws AppError `not_found`, `conflict`. */
export async function reactivateTenant(ctx: OperatorContext, input: OnTenant): Promise<void> {
  authorizeOperator(ctx);
  await tenantVerbs.reactivateTenant(actAs(ctx, input.reason), input);
}

/** Gives a tenant another name. Throws AppError `not_found`. */
export async function renameTenant(
  ctx: OperatorContext,
  { tenantId, reason, name }: OnTenant & { name: string },
): Promise<void> {
  authorizeOperator(ctx);
  await tenantVerbs.renameTenant(await onTenant(ctx, tenantId, reason), { name });
}

/** Puts a tenant on another plan. Throws AppError `not_found`. */
export async function changePlan(ctx: OperatorContext, input: OnTenant & { plan: PlanId }): Promise<void> {
  authorizeOperator(ctx);
  await tenantVerbs.changePlan(actAs(ctx, input.reason), input);
}

/** Gives a tenant another rate until a time. Every process follows within 5 s. Throws AppError `not_found`. */
export async function setTenantRate(
  ctx: OperatorContext,
  input: TenantRateInput & { tenantId: string },
): Promise<void> {
  authorizeOperator(ctx);
  await limits.setTenantRate(actAs(ctx, input.reason), input);
}

/** Gives a tenant its plan's rate back. Throws AppError `not_found`. */
export async function clearTenantRate(ctx: OperatorContext, input: OnTenant): Promise<void> {
  authorizeOperator(ctx);
  await limits.clearTenantRate(actAs(ctx, input.reason), input);
}

/** Agrees amounts with a tenant in place of its plan's. Throws AppError `not_found`. */
export async function setTenantAmounts(
  ctx: OperatorContext,
  input: TenantAmountsInput & { tenantId: string },
): Promise<void> {
  authorizeOperator(ctx);
  await quotas.setTenantAmounts(actAs(ctx, input.reason), input);
}

/** Gives a tenant its plan's amounts back. Throws AppError `not_found`. */
export async function clearTenantAmounts(ctx: OperatorContext, input: OnTenant): Promise<void> {
  authorizeOperator(ctx);
  await quotas.clearTenantAmounts(actAs(ctx, input.reason), input);
}

/**
 * Asks for a tenant to be deleted: it is closed at once and erased after seven days, until when it can be kept. Its admins
 * are told by mail. Throws AppError `not_found`, `invalid_input` when the slug is another's, `conflict` when it is not active.
 */
export async function deleteTenant(
  ctx: OperatorContext,
  { tenantId, reason, slug }: OnTenant & { slug: string },
): Promise<{ deleteAfter: string }> {
  authorizeOperator(ctx);
  return deletion.requestDeletion(await onTenant(ctx, tenantId, reason), { slug });
}

/** Keeps a tenant whose deletion is pending. Throws AppError `not_found`, `conflict` when there is nothing to keep. */
export async function keepTenant(ctx: OperatorContext, { tenantId, reason }: OnTenant): Promise<void> {
  authorizeOperator(ctx);
  await deletion.cancelDeletion(await onTenant(ctx, tenantId, reason));
}

/** Runs the isolation check of a tenant now. Throws AppError `not_found`. */
export async function checkTenant(
  ctx: OperatorContext,
  { tenantId, reason }: OnTenant,
): Promise<IsolationCheck> {
  authorizeOperator(ctx);
  return runIsolationCheck(await onTenant(ctx, tenantId, reason));
}

/** Everything of a tenant as an archive, as its own admins get it. Throws AppError `not_found`, `conflict`. */
export async function exportTenant(
  ctx: OperatorContext,
  { tenantId, reason }: OnTenant,
): Promise<{ filename: string; body: ReadableStream<Uint8Array> }> {
  authorizeOperator(ctx);
  return exports.exportTenant(await onTenant(ctx, tenantId, reason));
}
