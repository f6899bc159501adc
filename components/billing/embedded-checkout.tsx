'use client';

import { useEffect, useRef, useState } from 'react';
import { FormError } from '@/components/forms/form-error';

/** Stripe's Checkout within the page, by Stripe's own script, which is fetched only once it is shown. */
export function EmbeddedCheckout({
  publishableKey,
  clientSecret,
}: {
  publishableKey: string;
  clientSecret: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    let isGone = false;
    let shown: { destroy: () => void } | null = null;
    const show = async () => {
      const { loadStripe } = await import('@stripe/stripe-js/pure');
      const stripe = await loadStripe(publishableKey);
      if (!stripe) throw new Error('Stripe’s script has not come');
      const checkout = await stripe.createEmbeddedCheckoutPage({ clientSecret });
      if (isGone || !place.current) return checkout.destroy();
      checkout.mount(place.current);
      shown = checkout;
    };
    show().catch(() => setFailure('Checkout could not be loaded. Reload the page to try again.'));
    return () => {
      isGone = true;
      shown?.destroy();
    };
  }, [publishableKey, clientSecret]);
  return failure ? (
    <div className="m-4">
      <FormError>{failure}</FormError>
    </div>
  ) : (
    <div ref={place} className="min-h-96 p-2" />
  );
}
