import type { AuditFilter } from '@/lib/workflows/audit-log/schema';

const names = ['actor', 'action', 'q', 'from', 'to', 'cursor'] as const;

/** The address of the audit log with this filter. A page's cursor belongs to one filter: change both together. */
export function auditHref(basePath: string, filter: AuditFilter): string {
  const query = toQuery(filter);
  return query.size > 0 ? `${basePath}?${query}` : basePath;
}

/** The address of a download of all rows that fit the filter, whichever page is shown. */
export function auditDownloadHref(
  format: 'csv' | 'jsonl',
  { cursor: _page, ...filter }: AuditFilter,
): string {
  return `/api/v1/tenant/audit?${new URLSearchParams([['format', format], ...toQuery(filter)])}`;
}

/** Whether the list shows less than everything. */
export function isFiltered({ cursor: _page, ...filter }: AuditFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

function toQuery(filter: AuditFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of names) if (filter[name] !== undefined) query.set(name, filter[name]);
  return query;
}
