/** The domains, each of which may use those before it. */
const domains = [
  'tenants',
  'members',
  'api-keys',
  'words',
  'traces',
  'trace-ingest',
  'spans',
  'deliveries',
  'evaluations',
  'feedback',
  'stats',
  'metering',
  'metering-explain',
  'billing-catalogue',
  'billing-customers',
  'billing-standing',
  'billing-sync',
  'billing-events',
  'billing-usage',
  'billing-seats',
  'billing',
  'billing-checkout',
  'billing-invoices',
  'platform',
  'workflows',
];
/** Parts of the kernel that may read and write storage themselves. */
const kernelWithStorage = new Set(['tenancy', 'auth', 'usage', 'jobs', 'audit', 'mail']);
/** What of a domain the interface may use: data and actions, never queries or mutations. */
const clientRoles = /\/(schema|actions|rules)$/;

/** Why `from` may not import `to` (both paths from the root without extension), or null when it may. */
export function forbiddenArrow(from: string, to: string): string | null {
  const [area] = from.split('/');
  const [target] = to.split('/');
  // server.ts calls the handlers of ingest paths itself.
  if (target === 'app' && area !== 'app' && from !== 'server') return 'nothing but server.ts imports app';
  if (isSdk(from) && !isSdk(to)) return 'the SDK runs in any program: it uses nothing of ours';
  if (isSdk(to) && !isSdk(from) && area !== 'demo')
    return 'the SDK is for programs that send traces: only the demo is one';
  if (isSandbox(from) && !isSandbox(to))
    return 'the Stripe sandbox stands in for Stripe: it knows nothing of ours';
  if (isSandbox(to) && !isSandbox(from) && from !== 'instrumentation')
    return 'Stripe is spoken to over HTTP: only instrumentation.ts starts its sandbox';
  if (area === 'app' && target === 'db') return 'app reads and writes through lib';
  if (area === 'components') return fromComponents(to);
  if (area === 'lib') return fromLib(from, to);
  if (area === 'db' && !isDatabaseEntry(from)) {
    return target === 'db' || to === 'lib/env' || to === 'lib/ids'
      ? null
      : 'db uses lib/env and lib/ids only';
  }
  return null;
}

function fromComponents(to: string): string | null {
  if (to.startsWith('components/') || to === 'lib/http/action-result' || to === 'lib/auth/schema')
    return null;
  return domainOf(to) !== null && clientRoles.test(to)
    ? null
    : 'components use components and a domain’s schema, rules and actions';
}

function fromLib(from: string, to: string): string | null {
  if (to.startsWith('components/')) return 'lib knows no interface';
  const own = domainOf(from);
  const other = domainOf(to);
  if (own === null) {
    if (other !== null) return 'the kernel knows no domain';
    const part = from.split('/')[1] ?? '';
    return to.startsWith('db/') && !kernelWithStorage.has(part) ? `lib/${part} does not touch storage` : null;
  }
  if (other !== null && domains.indexOf(other) > domains.indexOf(own)) return `${own} stands before ${other}`;
  return null;
}

/** The seed and the command line start things: they use the verbs, as a request would. */
function isDatabaseEntry(from: string): boolean {
  return /^db\/([\w-]+-)?cli$/.test(from) || from.startsWith('db/seed/');
}

function isSdk(file: string): boolean {
  return file.startsWith('lib/sdk/');
}

/** The stand-in for Stripe (docs/adr/0015): a part of its own within its domain's folder, with folders of its own. */
export function isSandbox(file: string): boolean {
  return file.startsWith('lib/billing/sandbox/');
}

function domainOf(file: string): string | null {
  const [area, name] = file.split('/');
  return area === 'lib' && name !== undefined && domains.includes(name) ? name : null;
}

/** The import cycles among files, each as the list of its members. */
export function findCycles(files: { path: string; imports: string[] }[]): string[][] {
  const graph = new Map(files.map((file) => [file.path, file.imports]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[][] = [];
  const visit = (node: string, trail: string[]) => {
    if (state.get(node) === 'done' || !graph.has(node)) return;
    if (state.get(node) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(node)), node]);
      return;
    }
    state.set(node, 'open');
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    state.set(node, 'done');
  };
  for (const node of graph.keys()) visit(node, []);
  return cycles;
}
