import { z } from 'zod';
import { toStorable } from '@/lib/text';

/** Rows on one page. */
export const PLATFORM_AUDIT_PER_PAGE = 50;

const words = z.string().overwrite(toStorable).trim().max(200, 'expected at most 200 characters');
const cursor = z.string().max(500);

export const platformAuditSearch = z.object({
  q: words.optional().catch(undefined),
  cursor: cursor.optional().catch(undefined),
});
export const platformAuditQuery = z.object({
  q: words.optional().describe('Text in the operator’s name, the action, the target or the reason.'),
  cursor: cursor.optional().describe('The `nextCursor` of the page before.'),
});
export type PlatformAuditFilter = z.output<typeof platformAuditQuery>;

/** A row: what an operator has done, to which tenant where it was one. Times are ISO 8601 in UTC. */
export const platformAuditEntry = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  action: z.string(),
  title: z.string(),
  actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  tenant: z.object({ id: z.uuid(), slug: z.string().nullable() }).nullable(),
  target: z.object({ kind: z.string(), id: z.string() }),
  reason: z.string().nullable(),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  ip: z.string().nullable(),
  requestId: z.string().nullable(),
});
export type PlatformAuditEntry = z.infer<typeof platformAuditEntry>;

/** A page of the log, newest first. `nextCursor` is null on the last one. */
export const platformAuditPage = z.object({
  entries: z.array(platformAuditEntry),
  nextCursor: z.string().nullable(),
});
export type PlatformAuditPage = z.infer<typeof platformAuditPage>;
