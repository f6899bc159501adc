import { z } from 'zod';
import { parseTimestamp } from '@/lib/traces/schema';

/** Rows of the log on one page. */
export const AUDIT_PER_PAGE = 50;

/** Who may act, as the log tells them apart. */
export const actorKinds = ['user', 'api-key', 'operator', 'system'] as const;
export type ActorKind = (typeof actorKinds)[number];

const MAX_TEXT = 200;
const words = z
  .string()
  .trim()
  .max(MAX_TEXT, `expected at most ${MAX_TEXT} characters`)
  .refine((text) => !text.includes('\u0000'), 'expected text without NUL characters')
  .transform((text) => text.toWellFormed() || undefined);
const moment = z.string().refine((text) => parseTimestamp(text) !== null, 'expected an ISO 8601 time');

const filterFields = {
  actor: words.optional().describe('`user`, `api-key`, `operator` or `system`, or the id of one actor.'),
  action: words.optional().describe('An action such as `api_key.create`, or all of a resource: `api_key`.'),
  q: words.optional().describe('Text in the actor’s e-mail address, or in the target’s id or name.'),
  from: moment.optional().describe('From this moment on, ISO 8601.'),
  to: moment.optional().describe('Before this moment, ISO 8601.'),
};

/** Which rows of the log: all that is not given does not matter. `from` is inclusive, `to` exclusive. */
export type AuditFilter = {
  actor?: string | undefined;
  action?: string | undefined;
  q?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
};

/** What the console's list reads from the address bar. Unknown or malformed values fall back to "no filter". */
export const auditSearch = z.object({
  actor: words.optional().catch(undefined),
  action: words.optional().catch(undefined),
  q: words.optional().catch(undefined),
  from: moment.optional().catch(undefined),
  to: moment.optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
});

export const auditFormats = ['csv', 'jsonl'] as const;
export type AuditFormat = (typeof auditFormats)[number];

/** The query of a download: the same filters, of which a malformed one is an error here. */
export const auditExportQuery = z.object({
  format: z
    .enum(auditFormats)
    .default('csv')
    .describe('`csv` for spreadsheets, `jsonl` with one JSON object a line for programs.'),
  ...filterFields,
});
export type AuditExportQuery = z.output<typeof auditExportQuery>;

/** One field that changed. `undefined` on a side is "there was none"; a value is any JSON. */
export type AuditChange = { field: string; before?: unknown; after?: unknown };

/**
 * A row of the log. `actor.name` is the person's e-mail address as it was then, or the key's name; `target.name` is what
 * the target is called now, or was called then, null where nobody knows. `at` is ISO 8601 in UTC.
 */
export type AuditEntry = {
  id: string;
  at: string;
  action: string;
  title: string;
  actor: { kind: ActorKind; id: string | null; name: string };
  target: { kind: string; id: string; name: string | null };
  changes: AuditChange[];
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
};

/** A page of the log, newest first. `nextCursor` is null on the last page. */
export type AuditPage = { entries: AuditEntry[]; nextCursor: string | null };

/** What the filters offer: the actions by resource, and the people of the workspace. */
export type AuditChoices = {
  resources: { resource: string; title: string; actions: { action: string; title: string }[] }[];
  people: { id: string; email: string }[];
};
