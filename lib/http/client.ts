import type { ClientInfo } from '@/lib/log';

const MAX_USER_AGENT = 400;

/**
 * Where a request came from. `x-forwarded-for` is what server.ts, or the platform's edge, has put there: never the
 * client's own claim. Of a list its last, which the nearest proxy wrote.
 */
export function clientOf(headers: { get(name: string): string | null }): ClientInfo {
  return {
    ip: headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() || null,
    userAgent: headers.get('user-agent')?.slice(0, MAX_USER_AGENT) ?? null,
  };
}
