import type { Granularity, MetricId } from '@/lib/metering/schema';

/** Where the page of usage is, in a workspace's console. */
export const usagePath = '/usage';

/** The page of usage for a metric, in the period that holds `period`, with the hours of `day`: the newest ones unless told. */
export function usageHref(
  show: { metric: MetricId; period?: string | undefined; day?: string | undefined },
  place = '',
): string {
  const query = new URLSearchParams({ metric: show.metric });
  if (show.period !== undefined) query.set('period', show.period);
  if (show.day !== undefined) query.set('day', show.day);
  return `${usagePath}?${query}${place}`;
}

/** What an hour's number is made of. */
export function explainHref(metric: MetricId, hour: string): string {
  return `${usagePath}/explain?${new URLSearchParams({ metric, hour })}`;
}

/** The same numbers as a file. */
export function csvHref(of: {
  metric: MetricId;
  from: string;
  to: string;
  granularity: Granularity;
}): string {
  return `/api/v1/usage/records?${new URLSearchParams({ ...of, format: 'csv' })}`;
}
