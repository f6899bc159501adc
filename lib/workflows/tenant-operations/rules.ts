import { isPlanId, plans } from '@/lib/plans/plans';

/** What a plan includes a period; null is "as agreed". A plan that is not known includes what Starter does. */
export function includedIn(plan: string): { seats: number; traces: number } | null {
  return (isPlanId(plan) ? plans[plan] : plans.starter).included;
}
