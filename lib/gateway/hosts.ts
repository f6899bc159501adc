import { env } from '@/lib/env';

/** What a Host header means. `foreign` is every host that is not ours: an IP address, a probe, a stranger's domain. */
export type HostMeaning =
  | { surface: 'site'; www: boolean }
  | { surface: 'cloud' }
  | { surface: 'tenant'; slug: string }
  | { surface: 'foreign' };

/**
 * Reads a Host header against the root domain. Total and pure: any string, or none, has a meaning. The port must be
 * the root domain's own, because links and Origin checks are built with it. Below the root domain everything that is
 * not ours is a tenant's name, whether or not such a tenant exists.
 */
export function parseHost(
  header: string | null | undefined,
  root: { rootDomain: string; scheme: 'http' | 'https' } = env(),
): HostMeaning {
  const defaultPort = root.scheme === 'https' ? ':443' : ':80';
  const normal = (host: string) => (host.endsWith(defaultPort) ? host.slice(0, -defaultPort.length) : host);
  const host = normal((header ?? '').trim().toLowerCase());
  const rootDomain = normal(root.rootDomain);
  if (host === rootDomain) return { surface: 'site', www: false };
  if (!host.endsWith(`.${rootDomain}`)) return { surface: 'foreign' };
  const label = host.slice(0, -rootDomain.length - 1);
  if (label === 'www') return { surface: 'site', www: true };
  if (label === 'cloud') return { surface: 'cloud' };
  return { surface: 'tenant', slug: label };
}

/** The absolute URL of a path on one of our surfaces. The only way links are built: never from what a request says. */
export function urlOf(surface: 'site' | 'cloud' | { slug: string }, path = '/'): string {
  const { scheme, rootDomain } = env();
  return `${scheme}://${hostOf(surface, rootDomain)}${path}`;
}

/** The canonical host of a surface, with the port where it is not the scheme's own. */
export function hostOf(surface: 'site' | 'cloud' | { slug: string }, rootDomain = env().rootDomain): string {
  if (surface === 'site') return rootDomain;
  return `${surface === 'cloud' ? 'cloud' : surface.slug}.${rootDomain}`;
}

/**
 * A return address that a sign-in may lead to: a path of this host, or an address on one of our hosts. Anything else,
 * also `//host` and `/\host`, which browsers take for another host, becomes `fallback`.
 */
export function safeReturnUrl(candidate: unknown, fallback: string): string {
  if (typeof candidate !== 'string') return fallback;
  if (/^\/(?![/\\])/.test(candidate) && !hasControlCharacter(candidate)) return candidate;
  try {
    const url = new URL(candidate);
    if (url.protocol !== `${env().scheme}:` || url.username || url.password) return fallback;
    return parseHost(url.host).surface === 'foreign' ? fallback : url.toString();
  } catch {
    return fallback;
  }
}

/** Browsers drop tabs and newlines from addresses: `/<tab>/host` is `//host` to them. */
function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 32) return true;
  return false;
}
