import { readLookupKey } from '@/lib/plans/catalogue';

type Item = { id: string; quantity?: number; price: { lookup_key: string | null } };

/** The item of a subscription, as Stripe tells it, that is charged by the seat; null where there is none. */
export function seatItemOf(subscription: Record<string, unknown>): { id: string; quantity: number } | null {
  const items = (subscription.items as { data?: Item[] } | undefined)?.data ?? [];
  const item = items.find(({ price }) => readLookupKey(price.lookup_key)?.kind === 'seats');
  return item ? { id: item.id, quantity: item.quantity ?? 0 } : null;
}
