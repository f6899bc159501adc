import type { ArchiveManifest } from './schema';

/**
 * The control tables that an export holds, beside every tenant data table, which are found in the catalogue. `adds` are
 * fields that stand in another table. Columns that the app login may not read (the secrets' hashes) never leave.
 */
export const exportedControlTables: Record<string, { adds?: readonly string[] }> = {
  memberships: { adds: ['user_email', 'user_name'] },
  api_keys: {},
  invitations: {},
  audit_log: {},
  usage_deltas: {},
};

/** Tables with rows of tenants that are not exported, and why. A test holds both lists against the catalogue. */
export const notExported: Record<string, string> = {
  tenants: 'the manifest names the tenant',
  stats_progress: 'says how far trace_rollups are; they are made anew after an import',
  stats_dirty_hours: 'notes for the next rollup',
  trace_words_pending: 'notes of traces whose words are to be filed',
  tenant_rate_limits: 'what an operator of this installation has set',
  tenant_amounts: 'what an operator of this installation has agreed',
  spend_caps: 'what usage of this installation may cost',
  quota_alerts: 'when this installation told of used amounts by mail',
  billing_customers: 'the customer at the payment provider of this installation',
  billing_subscriptions: 'a copy of what the payment provider of this installation knows',
  billing_invoices:
    'a copy of what the payment provider of this installation knows; admins download invoices there',
  billing_seat_changes: 'what the payment provider of this installation is to be told',
  billing_notices: 'when this installation told of payments by mail',
  support_sessions: 'when operators of this installation looked in; the audit log tells of it',
  request_slots: 'how much was asked of this installation in the last hour',
  request_hours: 'how much was asked of this installation in the last week',
  concurrency_leases: 'what runs in this installation now',
  limit_notices: 'when this installation told of limits by mail',
  isolation_checks: 'what the canary found in this installation; it says nothing about another',
  legacy_imports: 'how far a migration into this installation has come',
  deliveries: 'what became of requests to this installation',
  delivery_refusals: 'the last requests that this installation refused',
  usage_records: 'sums of usage_deltas; they are made anew after an import',
  usage_outbox: 'what this installation has reported, or has to, to its payment provider',
  usage_periods: 'the period of a subscription in this installation',
  usage_meters: 'how far the sums of usage_deltas are',
  membership_intervals: 'from when until when people were members in this installation; it counts seats',
  metering_findings: 'what this installation found when it compared its meters',
  trace_tombstones: 'keeps a late retry of a deleted trace away, for two days',
  reserved_slugs: 'former addresses in this installation',
  tenant_confirmations: 'a sign-up in this installation that nobody has confirmed',
  stripe_events: 'what the payment provider has told this installation',
  schema_migration_tenants: 'how far a migration of this database has come',
  erasures: 'of workspaces that are being erased',
  erasure_receipts: 'of workspaces that are erased',
};

/** What people call a table; one that is not named here shows its own name. */
const titles: Record<string, string> = {
  traces: 'Traces',
  spans: 'Spans',
  evaluations: 'Evaluations',
  trace_rollups: 'Hourly totals',
  trace_rollup_days: 'Daily totals',
  trace_words: 'Words of the traces, for the search',
  memberships: 'People and their roles',
  invitations: 'Invitations',
  feedback: 'Feedback',
  api_keys: 'API keys, without their secrets',
  audit_log: 'Audit log',
  usage_deltas: 'Usage records',
};

/** A table's name as the interface shows it. */
export function titleOf(table: string): string {
  return titles[table] ?? table.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
}

/**
 * The order of the tables in an archive. People come first, because other rows name them; usage comes last, because its
 * rows wake the rollup, which then must find every trace.
 */
export function orderTables<T extends { name: string; kind: 'data' | 'control' }>(tables: readonly T[]): T[] {
  const first = ['memberships', 'invitations', 'api_keys'];
  const last = ['audit_log', 'usage_deltas'];
  const rank = ({ name, kind }: T) => {
    if (first.includes(name)) return first.indexOf(name);
    return last.includes(name) ? 20 + last.indexOf(name) : kind === 'data' ? 10 : 11;
  };
  return [...tables].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** The name of a table's part in an archive; parts count from 1. */
export function partName(table: string, part: number): string {
  return `${table}/${String(part).padStart(6, '0')}.jsonl`;
}

/** The name of the file that a browser saves: `acme-corp-2026-01-31.tar.gz`. */
export function archiveName(slug: string, at: Date): string {
  return `${slug}-${at.toISOString().slice(0, 10)}.tar.gz`;
}

/** The README at the beginning of an archive, in Markdown. */
export function archiveReadme({
  tenant,
  exported_at,
}: Pick<ArchiveManifest, 'tenant' | 'exported_at'>): string {
  return `# Export of ${tenant.name}

Everything that RAG Toolkit Cloud kept of the workspace \`${tenant.slug}\`. The export began at ${exported_at}.

- \`<table>/<number>.jsonl\`: the rows of a table, one JSON object a line, in the order of the primary key. A table is
  cut into parts; together, in the order of their numbers, they are the table. A table without rows has no part.
- \`manifest.json\`, the last file: for each table its columns, the number of rows and bytes, and SHA-256 of all its lines
  and of each part. **An archive without it is not complete**: the download was cut off.

Times are ISO 8601 in UTC with microseconds. Integers of 64 bits and decimal numbers are strings.

A row that was written, changed or deleted while the export ran may or may not be in it, as it was at the moment when its
part was read. No row is in it twice. Not in it: passwords, sign-ins, the secrets of API keys.

## Load it into another installation

    npm run tenant:import -- --file <this archive>.tar.gz --slug <new-name> --admin-email <you@example.com>

It makes a workspace under that name, with people and their roles; who has no account there gets one without a password
and signs in by mailed link. API keys come as revoked ones, for the history: make new ones there. \`--dry-run\` only
checks the archive.
`;
}
