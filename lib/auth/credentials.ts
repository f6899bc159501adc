import { AppError } from '@/lib/errors';
import { canonicalHost, isForgedWrite } from '@/lib/gateway/decide';
import { type HostMeaning, parseHost } from '@/lib/gateway/hosts';
import { currentClient } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import {
  findTenantByFormerSlug,
  findTenantById,
  findTenantBySlug,
  type TenantEntry,
} from '@/lib/tenancy/directory';
import { type ParsedApiKey, parseApiKey, verifyApiKey } from './api-key';
import { noteKeyUse } from './key-uses';
import { isLegacyKey, legacyActor, requireLegacyTenant } from './legacy-key';
import { sessionCookie } from './session-cookie';
import { readTenantSession, toActor } from './sessions';

/** What of an API request says who asks: headers only, never a body or a query. */
export type CredentialSource = {
  host: string | null;
  method: string;
  origin: string | null;
  authorization: string | null;
  apiKey: string | null;
  cookie: string | null;
};

/**
 * Who asks, and on which tenant. A key names its tenant on any host, but on a tenant's host only that tenant's keys
 * work; a host that the tenant has left counts as its own. The predecessor's key is one of the tenant `default`. A session works on the tenant's own host. The tenant must be
 * in `status`: all but the undoing of a deletion wants an active one. Throws AppError: `unauthenticated`, `not_found` (no
 * such workspace, or a key of another one), `forbidden` (no member), `origin_mismatch`, `tenant_suspended`,
 * `tenant_deleting`, `conflict` (active where a pending deletion is wanted).
 */
export async function authenticate(
  source: CredentialSource,
  requestId: string,
  status: TenantEntry['status'] = 'active',
): Promise<TenantContext> {
  // A malformed or forged key is refused before anything is asked of anybody.
  const key = readKey(source);
  const parsed = key === null ? null : parseApiKey(key);
  const meaning = parseHost(source.host);
  if (key !== null && !parsed) {
    if (!isLegacyKey(key)) throw invalidKey();
    return authenticateLegacyKey(meaning, requestId);
  }

  const hostTenant =
    meaning.surface === 'tenant'
      ? ((await findTenantBySlug(meaning.slug)) ?? (parsed && (await findTenantByFormerSlug(meaning.slug))))
      : null;
  if (meaning.surface === 'tenant' && !hostTenant)
    throw new AppError('not_found', 'There is no workspace at this address.');
  if (parsed) return authenticateKey(parsed, hostTenant, requestId);

  const cookie = readCookie(source.cookie, sessionCookie().name);
  if (!cookie || !hostTenant || meaning.surface === 'foreign') throw new AppError('unauthenticated');
  if (isForgedWrite({ ...source, hasSessionCookie: true }, canonicalHost(meaning)))
    throw new AppError('origin_mismatch');
  const session = await readTenantSession(cookie, hostTenant.id);
  if (!session) throw new AppError('unauthenticated');
  const actor = toActor(session);
  if (!actor) throw new AppError('forbidden', 'You are not a member of this workspace.');
  assertStatus(hostTenant, status);
  return { tenant: hostTenant, actor, requestId };
}

async function authenticateKey(
  parsed: ParsedApiKey,
  hostTenant: TenantEntry | null,
  requestId: string,
): Promise<TenantContext> {
  if (hostTenant && hostTenant.id !== parsed.tenantId)
    throw new AppError('not_found', 'There is no such workspace for this key.');
  const live = await verifyApiKey(parsed);
  const tenant = live ? await findTenantById(live.tenantId) : null;
  if (!live || !tenant) throw invalidKey();
  assertStatus(tenant, 'active');
  const { keyId, scopes, creatorRole } = live;
  noteKeyUse({ tenantId: tenant.id, keyId }, currentClient().ip);
  return { tenant, actor: { kind: 'api-key', keyId, scopes, creatorRole }, requestId };
}

/** The predecessor's one key: an admin of the tenant `default`, on every host that is not another tenant's. */
async function authenticateLegacyKey(meaning: HostMeaning, requestId: string): Promise<TenantContext> {
  const tenant = await requireLegacyTenant(meaning.surface === 'tenant' ? meaning.slug : null, requestId);
  assertStatus(tenant, 'active');
  noteKeyUse({ tenantId: tenant.id, keyId: legacyActor.keyId }, currentClient().ip);
  return { tenant, actor: legacyActor, requestId };
}

function invalidKey(): AppError {
  return new AppError('unauthenticated', 'This API key is not valid.');
}

function assertStatus(tenant: TenantEntry, wanted: TenantEntry['status']): void {
  if (tenant.status === wanted) return;
  if (tenant.status === 'suspended') throw new AppError('tenant_suspended');
  if (tenant.status === 'deleting') throw new AppError('tenant_deleting');
  throw new AppError('conflict', `This workspace is ${tenant.status}.`);
}

/**
 * The key a client sent: `Authorization: Bearer …` or `Basic …`, or `x-api-key`. Null when it sent none, an empty string
 * for an Authorization that holds none.
 */
export function readKey(source: Pick<CredentialSource, 'authorization' | 'apiKey'>): string | null {
  if (source.authorization === null) return source.apiKey;
  const [, scheme, value] = /^(Bearer|Basic) +(\S+) *$/i.exec(source.authorization) ?? [];
  if (scheme === undefined || value === undefined) return '';
  return scheme.toLowerCase() === 'bearer' ? value : readBasic(value);
}

/** Exporters that know only user and password send the key as the password, or as a user without one. */
function readBasic(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return '';
  return text.slice(colon + 1) || text.slice(0, colon);
}

/** The value of a cookie in a Cookie header, or undefined. */
export function readCookie(header: string | null, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
