import { z } from 'zod';
import { checks, meteringRun, metricIds } from '@/lib/metering/schema';
import { reasonSchema } from '@/lib/platform/schema';

const time = z.iso.datetime();

/** A workspace whose meters stand still, and why. */
const failingTenant = z.object({
  tenantId: z.uuid(),
  slug: z.string(),
  failures: z.number(),
  failedAt: time.nullable(),
  error: z.string().nullable(),
});
export type FailingTenant = z.infer<typeof failingTenant>;

/** A difference between two numbers that should be one. */
const finding = z.object({
  id: z.string(),
  tenantId: z.uuid(),
  slug: z.string(),
  check: z.enum(Object.keys(checks) as [keyof typeof checks, ...(keyof typeof checks)[]]),
  metric: z.enum(metricIds),
  hour: time,
  expected: z.number(),
  found: z.number(),
  firstSeenAt: time,
  lastSeenAt: time,
});
export type MeteringFinding = z.infer<typeof finding>;

/** A run with the addresses of the workspaces that failed in it; null of one that is gone. */
const run = meteringRun.extend({
  failures: z.array(z.object({ tenant_id: z.uuid(), slug: z.string().nullable(), message: z.string() })),
});
export type ConsoleRun = z.infer<typeof run>;

/** How the meters of all workspaces stand: what the operator's page shows. */
export const meteringOverview = z.object({
  openHours: z.number(),
  /** Since the oldest open hour was due, in seconds; 0 when there is none. */
  lagSeconds: z.number(),
  failing: z.array(failingTenant),
  findings: z.array(finding),
  /** The newest first. One that is not finished runs now, or was cut off. */
  runs: z.array(run),
});
export type MeteringOverview = z.infer<typeof meteringOverview>;

/** Which difference is dealt with, and how. */
export const resolveFindingInput = z.object({ tenantId: z.uuid(), id: z.string(), reason: reasonSchema });
