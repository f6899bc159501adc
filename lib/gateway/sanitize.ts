import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Env } from '@/lib/env';
import { internalHeaders } from './headers';

/** Headers in which a client could claim what only a proxy or we may say. */
const CLAIMS =
  /^(x-forwarded-.*|forwarded|x-real-ip|x-request-id|x-middleware-.*|x-nextjs-.*|x-ragtoolkit-.*|x-nonce|content-security-policy.*)$/;
const HOST = /^[a-z0-9.-]+(:\d{1,5})?$/i;
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/**
 * Makes the function that every request passes first. It replaces `x-forwarded-host`, `-proto` and `-for` by what this
 * server saw, unless the peer is a configured proxy, and removes our own internal headers. Answers false for a request
 * that cannot be served: several Host headers, or one that is no host name.
 *
 * After `redirect()` in a server action Next calls its own port with Host `localhost` and the real host in
 * `x-forwarded-host`. That call carries on the original's headers, and with them a secret of this process, which proves
 * it; only then is that header believed.
 */
export function createSanitizer({ scheme, trustedProxies }: Pick<Env, 'scheme' | 'trustedProxies'>) {
  const secret = randomBytes(32).toString('base64url');

  return function sanitize(request: IncomingMessage, requestId: string): boolean {
    const { headers } = request;
    const peer = request.socket.remoteAddress ?? '';
    const isOurs = LOOPBACK.has(peer) && isSecret(headers[internalHeaders.loopback], secret);
    const isProxy = trustedProxies.has(peer) || trustedProxies.has(peer.replace(/^::ffff:/, ''));
    const believed = isOurs || isProxy;

    const host = believed ? (last(headers['x-forwarded-host']) ?? headers.host) : headers.host;
    if (!host || !HOST.test(host) || countHeaders(request, 'host') !== 1) return false;
    const proto = believed ? (last(headers['x-forwarded-proto']) ?? scheme) : scheme;
    const client = believed ? (last(headers['x-forwarded-for']) ?? peer) : peer;

    for (const name of Object.keys(headers)) if (CLAIMS.test(name)) delete headers[name];
    Object.assign(headers, {
      host: host.toLowerCase(),
      'x-forwarded-host': host.toLowerCase(),
      'x-forwarded-proto': proto === 'http' || proto === 'https' ? proto : scheme,
      'x-forwarded-for': client,
      'x-request-id': requestId,
      [internalHeaders.loopback]: secret,
    });
    return true;
  };
}

function isSecret(value: string | string[] | undefined, secret: string): boolean {
  if (typeof value !== 'string') return false;
  const [given, expected] = [Buffer.from(value), Buffer.from(secret)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The last of a list: what the nearest proxy, the one that is believed, put there. What stands before may be a client's. */
function last(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(',') : value;
  return text?.split(',').at(-1)?.trim() || undefined;
}

function countHeaders(request: IncomingMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    if (request.rawHeaders[i]?.toLowerCase() === name) count++;
  return count;
}
