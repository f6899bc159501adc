import type Stripe from 'stripe';
import { invalidRequest } from './errors';

type Page = { limit: number; starting_after?: string | undefined; ending_before?: string | undefined };

/** One page of rows that stand with the oldest first; lists are answered with the newest first. */
export function listPage<T extends { id: string }>(rows: T[], page: Page, url: string): Stripe.ApiList<T> {
  const newest = [...rows].reverse();
  const { starting_after: after, ending_before: before, limit } = page;
  if (after !== undefined && before !== undefined)
    throw invalidRequest('You may specify only one of these parameters: starting_after, ending_before.');
  if (before !== undefined) {
    const end = placeOf(newest, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: newest.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : placeOf(newest, after, 'starting_after') + 1;
  return {
    object: 'list',
    data: newest.slice(start, start + limit),
    has_more: newest.length > start + limit,
    url,
  };
}

function placeOf(rows: { id: string }[], id: string, param: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index < 0) throw invalidRequest(`No such object: '${id}'`, param, 'resource_missing');
  return index;
}

type Range = {
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
};

/** Whether a moment lies in the range that a list was asked for. */
export function isWithin(at: number | null, range: Range | undefined): boolean {
  if (!range) return true;
  if (at === null) return false;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
  return at > gt && at >= gte && at < lt && at <= lte;
}
