import { z } from 'zod';
import { plans } from '@/lib/plans/plans';
import { reasonSchema } from '@/lib/platform/schema';
import { tenantNameSchema } from '@/lib/tenants/schema';
import { apiSignUpBody } from '@/lib/workflows/api-sign-up/schema';
import { isolationCheck } from '@/lib/workflows/isolation-canary/schema';
import { tenantRateInput } from '@/lib/workflows/limits/schema';
import { tenantAmountsInput } from '@/lib/workflows/quotas/schema';
import { tenantStatuses } from '@/lib/workflows/tenant-directory/schema';

const planNames = Object.keys(plans) as [keyof typeof plans, ...(keyof typeof plans)[]];

/** Names the tenant that an operator acts on. */
export const tenantParams = z.object({ tenantId: z.uuid() });

const onTenant = tenantParams.extend({ reason: reasonSchema });
export const suspendInput = onTenant;
export const reactivateInput = onTenant;
export const renameInput = onTenant.extend({ name: tenantNameSchema });
export const planInput = onTenant.extend({ plan: z.enum(planNames, 'Choose a plan.') });
export const rateInput = tenantRateInput.extend({ tenantId: z.uuid() });
export const clearRateInput = onTenant;
export const amountsBody = tenantAmountsInput;
export const amountsInput = tenantAmountsInput.safeExtend({ tenantId: z.uuid() });
export const clearAmountsInput = onTenant;
/** The slug is typed again: what is deleted is what was meant. */
export const deleteInput = onTenant.extend({ slug: z.string().trim().toLowerCase().max(100) });
export const keepInput = onTenant;
export const checkInput = onTenant;
export const createInput = apiSignUpBody.extend({ reason: reasonSchema });

export const createdTenant = z.object({ id: z.uuid(), slug: z.string() });
export const deletingTenant = z.object({ deleteAfter: z.iso.datetime() });
export const checkedTenant = isolationCheck;
export const exportQuery = z.object({ reason: reasonSchema });

const moment = z.iso.datetime();

/** Everything that an operator is shown of one tenant. Times are ISO 8601 in UTC, sizes bytes, days those of UTC. */
export const tenantDetail = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  url: z.url(),
  status: z.enum(tenantStatuses),
  plan: z.string(),
  created_at: moment,
  deletion: z
    .object({ requested_at: moment.nullable(), delete_after: moment, can_keep: z.boolean() })
    .nullable(),
  unconfirmed_until: moment.nullable(),
  allows_support: z.boolean(),
  members: z.array(
    z.object({
      user_id: z.uuid(),
      name: z.string(),
      email: z.string(),
      role: z.string(),
      is_disabled: z.boolean(),
      last_active_at: moment.nullable(),
    }),
  ),
  keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.enum(['secret', 'publish']),
      scopes: z.array(z.string()),
      is_service: z.boolean(),
      state: z.enum(['live', 'expired', 'revoked']),
      created_by: z.string().nullable(),
      last_used_at: moment.nullable(),
    }),
  ),
  usage: z.array(
    z.object({ day: z.iso.date(), traces: z.number(), tokens_in: z.number(), tokens_out: z.number() }),
  ),
  rate: z.object({
    per_second: z.number(),
    burst: z.number(),
    from: z.enum(['policy', 'plan', 'operator']),
    until: moment.nullable(),
    reason: z.string().nullable(),
  }),
  amounts: z
    .object({
      traces: z.number().int().nullable(),
      per_1000_traces: z.number().int().nullable().describe('US cents; null refuses what is beyond.'),
      seats: z.number().int().nullable(),
      reason: z.string(),
      set_at: moment,
    })
    .nullable()
    .describe('What is agreed in place of the plan’s amounts a period.'),
  schema: z.object({
    name: z.string(),
    bytes: z.number(),
    tables: z.array(z.object({ name: z.string(), bytes: z.number(), rows: z.number().nullable() })),
  }),
  isolation: isolationCheck.nullable(),
  errors: z.array(
    z.object({
      at: moment,
      code: z.string(),
      key: z.string().nullable(),
      request_id: z.string(),
      detail: z.string(),
    }),
  ),
  support: z.array(
    z.object({
      id: z.uuid(),
      by: z.string(),
      reason: z.string(),
      started_at: moment,
      ended_at: moment.describe('When it ended, or ends.'),
      is_open: z.boolean(),
      write_reason: z.string().nullable(),
    }),
  ),
});
export type TenantDetail = z.infer<typeof tenantDetail>;
