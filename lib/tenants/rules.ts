/** Subdomains that are ours, or that could be mistaken for ours, and which no tenant may take. */
export const reservedSlugs = [
  'about',
  'abuse',
  'account',
  'accounts',
  'admin',
  'administrator',
  'api',
  'app',
  'assets',
  'auth',
  'beta',
  'billing',
  'blog',
  'cdn',
  'cloud',
  'console',
  'contact',
  'dashboard',
  'default',
  'demo',
  'dev',
  'developer',
  'developers',
  'dns',
  'docs',
  'download',
  'email',
  'enterprise',
  'ftp',
  'gateway',
  'git',
  'health',
  'help',
  'host',
  'hostmaster',
  'imap',
  'ingest',
  'internal',
  'invite',
  'isolation-canary',
  'legal',
  'localhost',
  'login',
  'logout',
  'mail',
  'metrics',
  'mx',
  'ns',
  'ns1',
  'ns2',
  'oauth',
  'operator',
  'otel',
  'ping',
  'pop',
  'postmaster',
  'preview',
  'pricing',
  'privacy',
  'prod',
  'production',
  'proxy',
  'ragtoolkit',
  'root',
  'sandbox',
  'security',
  'settings',
  'signin',
  'signup',
  'site',
  'smtp',
  'sso',
  'staging',
  'static',
  'status',
  'stripe',
  'support',
  'system',
  'terms',
  'test',
  'trust',
  'webhook',
  'webhooks',
  'webmaster',
  'www',
] as const;

const reserved: ReadonlySet<string> = new Set(reservedSlugs);

/** True when nobody may take this slug. Names like `t_…` and `pg-…` are kept away from schema names. */
export function isReservedSlug(slug: string): boolean {
  return reserved.has(slug) || /^(t|pg|xn)-/.test(slug);
}

/** Why a slug cannot be a workspace's subdomain, as a sentence for the person typing it; null when it can. */
export function slugIssue(slug: string): string | null {
  if (slug.length < 3) return 'Use at least 3 characters.';
  if (slug.length > 40) return 'Use at most 40 characters.';
  if (!/^[a-z0-9-]+$/.test(slug)) return 'Use lower-case letters, digits and hyphens only.';
  if (!/^[a-z]/.test(slug)) return 'Start with a letter.';
  if (slug.endsWith('-') || slug.includes('--'))
    return 'Hyphens stand between letters or digits, one at a time.';
  if (isReservedSlug(slug)) return 'This name is reserved.';
  return null;
}

/** A slug proposed from a workspace's name: "Acme Corp." → "acme-corp". May be empty when nothing usable is left. */
export function proposeSlug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}

/** Days for which an address that a workspace has left is kept for it, or for nobody once the workspace is erased. */
export const SLUG_RESERVATION_DAYS = 365;

/** Addresses that a workspace may hold besides its own: renaming is no way to collect names. */
export const MAX_FORMER_SLUGS = 5;
