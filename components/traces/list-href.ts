import type { TraceFilter } from '@/lib/traces/schema';

/** The address of the trace list with this filter. A page's cursor belongs to one filter: change both together. */
export function listHref(basePath: string, filter: TraceFilter): string {
  const query = new URLSearchParams();
  if (filter.model) query.set('model', filter.model);
  if (filter.error) query.set('error', filter.error);
  if (filter.cursor) query.set('cursor', filter.cursor);
  return query.size > 0 ? `${basePath}?${query}` : basePath;
}

/** The address of one trace. Ids are chosen by clients, so they may hold anything. */
export function traceHref(basePath: string, traceId: string): string {
  return `${basePath}/${encodeURIComponent(traceId)}`;
}
