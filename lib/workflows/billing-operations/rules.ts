/** Where Stripe's dashboard shows a customer; null for one of the sandbox, which has none. */
export function dashboardUrl(mode: 'live' | 'test' | 'sandbox', customer: string): string | null {
  if (mode === 'sandbox') return null;
  return `https://dashboard.stripe.com/${mode === 'test' ? 'test/' : ''}customers/${encodeURIComponent(customer)}`;
}
