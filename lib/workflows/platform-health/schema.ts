import { z } from 'zod';

/** How a value of the page is to be read: milliseconds, bytes, a share of 1, a time in ISO 8601 (UTC), a tenant's slug, or as it is. */
export const units = ['count', 'ms', 'bytes', 'share', 'time', 'tenant', 'text'] as const;

export const healthFact = z.object({
  label: z.string(),
  value: z.union([z.number(), z.string(), z.null()]).describe('null where there is none.'),
  unit: z.enum(units),
});
export type HealthFact = z.infer<typeof healthFact>;

/** What is not well: what it is, and what to do. `bad` concerns tenants now, `warn` will. */
export const healthFinding = z.object({ state: z.enum(['warn', 'bad']), says: z.string(), todo: z.string() });
export type HealthFinding = z.infer<typeof healthFinding>;

/** A part of the page. A table stands below its facts, each row with as many cells as there are columns. */
export const healthSection = z.object({
  id: z.string(),
  title: z.string(),
  facts: z.array(healthFact),
  findings: z.array(healthFinding),
  table: z
    .object({
      columns: z.array(z.object({ label: z.string(), unit: z.enum(units) })),
      rows: z.array(z.array(z.union([z.number(), z.string(), z.null()]))),
    })
    .nullable(),
});
export type HealthSection = z.infer<typeof healthSection>;

/** The whole page. `state` is the worst of all findings', and `line` says it in a sentence, with what to do. */
export const platformHealth = z.object({
  state: z.enum(['ok', 'warn', 'bad']),
  line: z.string(),
  at: z.iso.datetime(),
  version: z.string(),
  sections: z.array(healthSection),
});
export type PlatformHealth = z.infer<typeof platformHealth>;
