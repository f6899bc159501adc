'use client';

import { useSyncExternalStore } from 'react';
import { formatMoney } from '@/lib/billing-standing/rules';

const subscribe = () => () => {};

/** An amount in a currency's minor unit, as the reader's own locale writes it. The server, which does not know it, writes US English. */
export function Money({
  minor,
  currency = 'usd',
  className,
}: {
  minor: number;
  currency?: string;
  className?: string;
}) {
  const locale = useSyncExternalStore(
    subscribe,
    () => navigator.language,
    () => 'en-US',
  );
  return <span className={className}>{formatMoney(minor, currency, locale)}</span>;
}
