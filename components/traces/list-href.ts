import { type TraceFilter, traceFilterNames } from '@/lib/traces/schema';

/** The address of the trace list with this filter. A page's cursor belongs to one filter: change both together. */
export function listHref(basePath: string, filter: TraceFilter): string {
  const query = new URLSearchParams();
  for (const name of traceFilterNames) {
    if (filter[name] !== undefined) query.set(name, String(filter[name]));
  }
  return query.size > 0 ? `${basePath}?${query}` : basePath;
}

/** Whether the list shows less than everything. */
export function isFiltered({ cursor: _page, ...filter }: TraceFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** The address of one trace. Ids are chosen by clients, so they may hold anything. */
export function traceHref(basePath: string, traceId: string): string {
  return `${basePath}/${encodeURIComponent(traceId)}`;
}
