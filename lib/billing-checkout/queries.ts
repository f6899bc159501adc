import { ask, askAll, stripeMode } from '@/lib/stripe/client';

/** Raised whenever the settings below change: another configuration is made then. */
const VERSION = 'ragtoolkit_v1';

const CONFIGURATION = Symbol.for('ragtoolkit.stripe-portal');
const globals = globalThis as { [CONFIGURATION]?: { mode: string | null; id: string } | undefined };

/**
 * What can be done in the portal: cards, address, invoices, and cancelling at the end of the period. Plans and seats are
 * changed in our own page, where the price is shown before. Made on first need. Throws AppError `unavailable`.
 */
export async function findPortalConfiguration(): Promise<string> {
  const mode = stripeMode();
  const known = globals[CONFIGURATION];
  if (known?.mode === mode) return known.id;
  const all = await askAll((stripe, page) =>
    stripe.billingPortal.configurations.list({ active: true, ...page }),
  );
  const id =
    all.find(({ metadata }) => metadata?.version === VERSION)?.id ??
    (
      await ask('billing_portal.configuration', (stripe) =>
        stripe.billingPortal.configurations.create(
          {
            metadata: { version: VERSION },
            features: {
              customer_update: { enabled: true, allowed_updates: ['email', 'address', 'tax_id'] },
              invoice_history: { enabled: true },
              payment_method_update: { enabled: true },
              subscription_cancel: { enabled: true, mode: 'at_period_end' },
              subscription_update: { enabled: false },
            },
          },
          { idempotencyKey: `portal ${VERSION}` },
        ),
      )
    ).id;
  globals[CONFIGURATION] = { mode, id };
  return id;
}

/** Forgets which configuration there is: another Stripe is spoken to. For tests. */
export function forgetPortal(): void {
  globals[CONFIGURATION] = undefined;
}
