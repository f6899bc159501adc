import type { Meter } from './limit';

/**
 * What an authenticated answer says of the limits it was held against: the fields of draft-ietf-httpapi-ratelimit-headers,
 * one item for each, and the older `X-RateLimit-*` of the one that is nearest to its end. `now` is in milliseconds.
 */
export function limitHeaders(meters: readonly Meter[], now = Date.now()): Record<string, string> {
  const [first, ...others] = meters;
  if (!first) return {};
  const nearest = others.reduce(
    (least, meter) => (meter.decision.remaining < least.decision.remaining ? meter : least),
    first,
  ).decision;
  return {
    'ratelimit-policy': meters
      .map(({ name, decision }) => `"${name}";q=${decision.limit};w=${decision.windowSeconds}`)
      .join(', '),
    ratelimit: meters
      .map(({ name, decision }) => `"${name}";r=${decision.remaining};t=${decision.reset}`)
      .join(', '),
    'x-ratelimit-limit': String(nearest.limit),
    'x-ratelimit-remaining': String(nearest.remaining),
    'x-ratelimit-reset': String(Math.ceil(now / 1_000) + nearest.reset),
  };
}
