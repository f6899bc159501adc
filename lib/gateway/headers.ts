import type { Env } from '@/lib/env';

/** Headers that the gateway sets on a request for the code behind it. A client's own are removed before. */
export const internalHeaders = {
  /** The path the browser asked for, before the rewrite. */
  path: 'x-ragtoolkit-path',
  /** The nonce of this response's Content-Security-Policy. */
  nonce: 'x-nonce',
  /** Proof that a request to our own port was made by this process. */
  loopback: 'x-ragtoolkit-loopback',
} as const;

/** Headers on every answer. HSTS only where the scheme is https: on localhost it would lock the developer out. */
export function securityHeaders(scheme: Env['scheme']): Record<string, string> {
  return {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
    'cross-origin-opener-policy': 'same-origin',
    ...(scheme === 'https'
      ? { 'strict-transport-security': 'max-age=63072000; includeSubDomains; preload' }
      : {}),
  };
}

/**
 * The policy of a page: scripts only with this answer's nonce, nothing framed, forms and connections to our own host.
 * With `embedsCheckout` Stripe's frames may be shown, which its script, loaded by ours, puts into the page.
 * Styles may be inline: Radix and Sonner set positions that way. The development server's hot reload needs eval.
 */
export function contentSecurityPolicy(
  nonce: string,
  mode: Env['mode'],
  { embedsCheckout = false }: { embedsCheckout?: boolean } = {},
): string {
  const scripts =
    mode === 'development'
      ? `'nonce-${nonce}' 'strict-dynamic' 'unsafe-eval'`
      : `'nonce-${nonce}' 'strict-dynamic'`;
  return [
    "default-src 'self'",
    `script-src 'self' ${scripts}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    embedsCheckout ? "connect-src 'self' https://api.stripe.com" : "connect-src 'self'",
    ...(embedsCheckout ? ['frame-src https://js.stripe.com https://hooks.stripe.com'] : []),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The policy of an answer that is not a page. */
export const apiContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
