import { isExactMoment } from '@/lib/moments';
import type { AuditChange, AuditEntry, AuditFormat } from './schema';

/** A place in the log, newest first: the last row that was shown. The time is to the microsecond, as the database has it. */
export type AuditCursor = { at: string; id: string };

/** A cursor as it stands in an address: opaque to clients. */
export function encodeCursor({ at, id }: AuditCursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** The place behind a cursor; null for one that we did not make, which means the first page. */
export function decodeCursor(text: string | undefined): AuditCursor | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return null;
    const [at, id] = value as unknown[];
    return typeof at === 'string' && isExactMoment(at) && typeof id === 'string' && /^\d{1,18}$/.test(id)
      ? { at, id }
      : null;
  } catch {
    return null;
  }
}

type Fields = Record<string, unknown> | null;

/** What differs between two states, field by field in their own order; what is the same on both sides is left out. */
export function diff(before: Fields, after: Fields): AuditChange[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields].flatMap((field) => {
    const change: AuditChange = { field };
    if (before && Object.hasOwn(before, field)) change.before = before[field];
    if (after && Object.hasOwn(after, field)) change.after = after[field];
    return JSON.stringify(change.before) === JSON.stringify(change.after) ? [] : [change];
  });
}

/** The name that a row itself tells of its target; null where it tells none. */
export function nameInRow(before: Fields, after: Fields): string | null {
  for (const fields of [after, before])
    for (const field of ['name', 'email']) if (typeof fields?.[field] === 'string') return fields[field];
  return null;
}

const columns = {
  time: (entry) => entry.at,
  action: (entry) => entry.action,
  description: (entry) => entry.title,
  actor_kind: (entry) => entry.actor.kind,
  actor_id: (entry) => entry.actor.id,
  actor: (entry) => entry.actor.name,
  target_kind: (entry) => entry.target.kind,
  target_id: (entry) => entry.target.id,
  target: (entry) => entry.target.name,
  before: (entry) => toSide(entry, 'before'),
  after: (entry) => toSide(entry, 'after'),
  ip: (entry) => entry.ip,
  user_agent: (entry) => entry.userAgent,
  request_id: (entry) => entry.requestId,
} as const satisfies Record<string, (entry: AuditEntry) => string | Record<string, unknown> | null>;

type Format = { mediaType: string; head: string; line: (entry: AuditEntry) => string };

/** How a download writes the log. */
export const formats: Record<AuditFormat, Format> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    head: `${Object.keys(columns).join(',')}\r\n`,
    line: (entry) =>
      `${Object.values(columns)
        .map((read) => toCell(read(entry)))
        .join(',')}\r\n`,
  },
  jsonl: {
    mediaType: 'application/x-ndjson',
    head: '',
    line: (entry) =>
      `${JSON.stringify(Object.fromEntries(Object.entries(columns).map(([name, read]) => [name, read(entry)])))}\n`,
  },
};

function toSide(entry: AuditEntry, side: 'before' | 'after'): Record<string, unknown> | null {
  const fields = entry.changes
    .filter((change) => side in change)
    .map((change) => [change.field, change[side]]);
  return fields.length > 0 ? Object.fromEntries(fields) : null;
}

/**
 * A value as a cell of CSV. A spreadsheet takes what begins with one of these for a formula and runs it, quoted or not:
 * an apostrophe makes it text.
 */
function toCell(value: string | Record<string, unknown> | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[\s]*[=+\-@\t\r|]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
