import { type TraceFilter, traceFilterNames } from '@/lib/traces/schema';

/** The address of the trace list with this filter. A page's cursor belongs to one filter: change both together. */
export function listHref(basePath: string, filter: TraceFilter): string {
  const query = new URLSearchParams();
  for (const name of traceFilterNames) {
    for (const value of [filter[name] ?? []].flat()) query.append(name, String(value));
  }
  return query.size > 0 ? `${basePath}?${query}` : basePath;
}

/** Whether the list shows less than everything, in whatever order. */
export function isFiltered({ cursor: _page, sort: _order, ...filter }: TraceFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** The address of one trace. Ids are chosen by clients, so they may hold anything. */
export function traceHref(basePath: string, traceId: string): string {
  return `${basePath}/${encodeURIComponent(traceId)}`;
}
