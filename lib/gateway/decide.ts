import { env } from '@/lib/env';
import type { ErrorCode } from '@/lib/errors';
import { findTenantByFormerSlug, findTenantBySlug, type TenantEntry } from '@/lib/tenancy/directory';
import { type HostMeaning, hostOf, parseHost, urlOf } from './hosts';

/** What the gateway needs of a request; the same whether it came through middleware or through a route's wrapper. */
export type GatewayRequest = {
  host: string | null;
  path: string;
  /** The query string with its `?`, or an empty string. */
  search: string;
  method: string;
  origin: string | null;
  hasSessionCookie: boolean;
};

/** Where a request goes. `foreign` is a host that is not ours, where no page answers. `host` is the canonical host of the surface: what links and cookies may be built from. */
export type Decision =
  | { kind: 'page'; path: string; host: string; tenant: TenantEntry | null }
  | { kind: 'auth'; host: string }
  | { kind: 'redirect'; url: string }
  | { kind: 'foreign' }
  | { kind: 'refuse'; code: ErrorCode };

/** Paths of our own file tree that are rewrite targets: nobody reaches them by their own name. */
const INTERNAL = /^\/(t|cloud|unknown-workspace|suspended|deletion-pending|not-found)(\/|$)/;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Decides where a request for a page, a server action or next-auth goes. API routes do not come here: `endpoint()`
 * answers them on any host, by key. Needs no I/O while the tenant directory is warm.
 */
export async function decide(request: GatewayRequest): Promise<Decision> {
  const meaning = parseHost(request.host);
  if (meaning.surface === 'foreign') return { kind: 'foreign' };

  const host = canonicalHost(meaning);
  const notFound: Decision = { kind: 'page', path: '/not-found', host, tenant: null };
  if (isForgedWrite(request, host)) return { kind: 'refuse', code: 'origin_mismatch' };
  const isAuth = request.path.startsWith('/api/auth/');
  // next-auth would log whatever a stranger posts there.
  if (request.path.startsWith('/api/auth/_log')) return notFound;

  if (meaning.surface === 'site') {
    if (meaning.www) return { kind: 'redirect', url: urlOf('site', request.path + request.search) };
    if (request.path === '/login' || request.path === '/signup')
      return { kind: 'redirect', url: urlOf('cloud', request.path) };
    if (isAuth || INTERNAL.test(request.path) || isAdmin(request.path)) return notFound;
    return { kind: 'page', path: request.path, host, tenant: null };
  }

  if (meaning.surface === 'cloud') {
    if (isAuth) return { kind: 'auth', host };
    if (INTERNAL.test(request.path)) return notFound;
    return {
      kind: 'page',
      path: isAdmin(request.path) ? request.path : below('/cloud', request.path),
      host,
      tenant: null,
    };
  }

  const tenant = await findTenantBySlug(meaning.slug);
  if (!tenant) {
    const moved = SAFE_METHODS.has(request.method) ? await findTenantByFormerSlug(meaning.slug) : null;
    if (moved) return { kind: 'redirect', url: urlOf(moved, request.path + request.search) };
    return isAuth ? notFound : { kind: 'page', path: '/unknown-workspace', host, tenant: null };
  }
  if (isAuth) return { kind: 'auth', host };
  if (INTERNAL.test(request.path)) return notFound;
  if (tenant.status === 'deleting') return { kind: 'page', path: '/deletion-pending', host, tenant };
  if (tenant.status !== 'active') return { kind: 'page', path: '/suspended', host, tenant };
  return { kind: 'page', path: below(`/t/${tenant.slug}`, request.path), host, tenant };
}

/**
 * True for a write that carries our session cookie but comes from another origin. Sibling tenants are same-site, so
 * SameSite does not keep them apart; the Origin header, which scripts cannot set, does.
 */
export function isForgedWrite(
  request: Pick<GatewayRequest, 'method' | 'origin' | 'hasSessionCookie'>,
  host: string,
): boolean {
  if (SAFE_METHODS.has(request.method) || !request.hasSessionCookie) return false;
  return request.origin !== `${env().scheme}://${host}`;
}

/** The host as links name it. An unknown subdomain keeps its name: its page only says that it is unknown. */
export function canonicalHost(meaning: Exclude<HostMeaning, { surface: 'foreign' }>): string {
  return hostOf(meaning.surface === 'tenant' ? { slug: meaning.slug } : meaning.surface);
}

function isAdmin(path: string): boolean {
  return path === '/admin' || path.startsWith('/admin/');
}

function below(prefix: string, path: string): string {
  return path === '/' ? prefix : prefix + path;
}
