import { password } from '../support/factories';
import type { Victim } from './worlds';

/** Of the right shape, and nobody's. */
const madeUpToken = 'x'.repeat(43);

/**
 * What to send to each route, page and action so that, coming from the right person, it would do something to the
 * victim. A new one without its line here fails isolation.spec.ts by name. Parts of a path in brackets are taken from
 * `victim.ids` (worlds.ts).
 */
export type RouteSample = {
  /** Instead of the discovered path: for catch-alls. */
  paths?: string[];
  query?: string;
  body?: (victim: Victim) => unknown;
  /** Names one of the victim's objects: whoever asks at home gets one of these. 404 unless told; `false` names none. */
  object?: false | number | readonly number[];
  /** Answers of a public route: 200 unless told. */
  status?: number[];
};

/** A span under the ids of the victim's. */
function spansOfVictim({ id, ids }: Victim) {
  const attributes = [
    { key: 'input.value', value: { stringValue: 'overwritten' } },
    { key: 'tenant_id', value: { stringValue: id } },
  ];
  const span = {
    traceId: ids.spanTraceId,
    spanId: ids.spanId,
    name: 'overwritten',
    startTimeUnixNano: '1767225600000000000',
    attributes,
  };
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] };
}

/** What an operator would send to do something to the victim, whatever it is. */
function operatorBody({ ids }: Victim) {
  return {
    reason: 'because',
    slug: ids.slug,
    name: 'Mallory',
    plan: 'starter',
    perSecond: 1,
    burst: 1,
    expiresAt: '2099-01-01',
  };
}

export const routeSamples: Record<string, RouteSample> = {
  'GET /api/v1/traces': { query: '?size=100&q=secret&sort=latency', object: false },
  'POST /api/v1/traces': {
    // Also claims to be the victim's in every way in which a client could say so.
    body: ({ id, ids }) => ({
      trace_id: ids.sentAgain,
      user_input: 'overwritten',
      tenant_id: id,
      tenantId: id,
      tenant: ids.slug,
      metadata: { tenant_id: id },
    }),
    object: false,
  },
  'POST /api/v1/traces/batch': {
    body: ({ id, ids }) => ({
      traces: [{ trace_id: ids.sentAgain, user_input: 'overwritten', tenant_id: id }],
    }),
    object: false,
  },
  'GET /api/v1/traces/[traceId]': {},
  'PATCH /api/v1/traces/[traceId]': { body: () => ({ model_output: 'overwritten' }) },
  'DELETE /api/v1/traces/[traceId]': {},
  'GET /api/v1/deliveries': { object: false },
  'GET /api/v1/usage': { object: false },
  'GET /api/v1/usage/history': { query: '?months=2', object: false },
  'GET /api/v1/usage/records': { query: '?granularity=day', object: false },
  'GET /api/v1/usage/explain': {
    query: `?metric=trace.count&hour=${new Date().toISOString()}`,
    object: false,
  },
  // No secret is set: it refuses everybody.
  'GET /api/v1/billing': { object: false },
  'GET /api/v1/billing/invoices': { object: false },
  'GET /api/v1/billing/upcoming': { object: false },
  'POST /api/v1/billing/setup': { object: false },
  'POST /api/v1/billing/checkout': { body: () => ({ plan: 'pro' }), object: [201, 409] },
  'POST /api/v1/billing/portal': { object: [201] },
  'POST /api/v1/billing/subscription': { query: '?plan=starter', object: [200, 409] },
  'POST /api/v1/billing/invoice/test': { object: [201] },
  'POST /api/webhooks/stripe': { body: () => ({ id: 'evt_forged' }), object: false, status: [400, 503] },
  'GET /api/cron/billing': { object: false, status: [401] },
  'GET /api/cron/metering': { object: false, status: [401] },
  // It may come before its trace: at home it is taken for one of that id.
  'POST /api/v1/evaluations': {
    body: ({ id, ids }) => ({ trace_id: ids.traceId, score_type: 'safety', score: 0, tenant_id: id }),
    object: false,
  },
  'GET /api/v1/stats': { object: false },
  'GET /api/v1/stats/timeseries': { query: '?hours=24', object: false },
  'GET /api/v1/traces/[traceId]/evaluations': {},
  'GET /api/v1/traces/[traceId]/spans': {},
  'GET /api/v1/traces/[traceId]/spans/[spanId]': {},
  'POST /api/otel/v1/traces': { body: spansOfVictim, object: false },
  'POST /v1/traces': { body: spansOfVictim, object: false },
  'GET /api/v1/tenant/audit': { query: '?format=jsonl&q=a', object: false },
  'GET /api/v1/tenant': { object: false },
  'GET /api/v1/tenant/users': { object: false },
  // Into the intruder's own workspace, as often as somebody asks: the second time there is one already.
  'POST /api/v1/tenant/users': {
    body: ({ id, slug }) => ({ email: `${slug}@example.com`, role: 'admin', tenantId: id, tenant_id: id }),
    object: [201, 409],
  },
  'GET /api/v1/traces/[traceId]/feedback': {},
  'POST /api/v1/traces/[traceId]/feedback': {
    body: ({ id, ids }) => ({ id: ids.feedbackId, thumbs: 'down', comment: 'overwritten', tenant_id: id }),
    object: false,
  },
  'GET /api/v1/tenant/export': { object: false },
  'GET /api/v1/tenant/export/status': { object: false },
  'POST /api/v1/tenants': {
    body: ({ admin, slug }) => ({ slug, name: 'Mallory', admin_email: admin.email }),
    status: [409],
  },
  'GET /api/v1/openapi.json': {},
  'GET /api/config': {},
  'GET /api/health': {},
  'GET /health': {},
  'GET /api/ready': {},
  'GET /api/metrics': { status: [404] },
  // For operators alone: nobody else is told even that there is such a route.
  'GET /api/v1/admin/audit': {},
  'GET /api/v1/admin/health': {},
  'POST /api/v1/admin/jobs/[queue]/[jobId]/discard': { body: operatorBody },
  'POST /api/v1/admin/jobs/[queue]/[jobId]/replay': { body: operatorBody },
  'POST /api/v1/admin/jobs/[queue]/[jobId]/retry': { body: operatorBody },
  'GET /api/v1/admin/jobs': {},
  'POST /api/v1/admin/keys/[keyId]/revoke': { body: operatorBody },
  'GET /api/v1/admin/keys': {},
  'POST /api/v1/admin/keys': {
    body: () => ({ ...{ name: 'Mallory', expiresInDays: null }, reason: 'because' }),
  },
  'POST /api/v1/admin/metering/run': { query: '?tenant_id=none' },
  'POST /api/v1/admin/operators/[userId]/remove': { body: operatorBody },
  'GET /api/v1/admin/operators': {},
  'POST /api/v1/admin/operators': { body: ({ admin }) => ({ ...{ email: admin.email }, reason: 'because' }) },
  'POST /api/v1/admin/people/[userId]/disable': { body: operatorBody },
  'POST /api/v1/admin/people/[userId]/enable': { body: operatorBody },
  'POST /api/v1/admin/people/[userId]/resend-verification': { body: operatorBody },
  'GET /api/v1/admin/people/[userId]': {},
  'POST /api/v1/admin/people/[userId]/sign-out': { body: operatorBody },
  'GET /api/v1/admin/people': {},
  'POST /api/v1/admin/tenants/[tenantId]/check': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/delete': { body: operatorBody },
  'GET /api/v1/admin/tenants/[tenantId]/export': {},
  'POST /api/v1/admin/tenants/[tenantId]/keep': { body: operatorBody },
  'GET /api/v1/admin/billing': {},
  'POST /api/v1/admin/billing/events/[eventId]/replay': { body: operatorBody },
  'GET /api/v1/admin/tenants/[tenantId]/billing': {},
  'POST /api/v1/admin/tenants/[tenantId]/comp': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/credit': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/grace': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/usage-reports/[reportId]/retry': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/amounts/clear': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/amounts': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/plan': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/rate/clear': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/rate': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/reactivate': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/rename': { body: operatorBody },
  'GET /api/v1/admin/tenants/[tenantId]': {},
  'POST /api/v1/admin/tenants/[tenantId]/support': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/support/writing': { body: operatorBody },
  'POST /api/v1/admin/tenants/[tenantId]/suspend': { body: operatorBody },
  'GET /api/v1/admin/tenants/csv': {},
  'GET /api/v1/admin/tenants': {},
  'POST /api/v1/admin/tenants': {
    body: ({ ids }) => ({
      ...{ slug: ids.slug, name: 'Mallory', admin_email: 'mallory@example.com' },
      reason: 'because',
    }),
  },
  ...Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [
      `${method} /api/[...path]`,
      { paths: ['/api/v1/nothing', '/api/v2/traces'], status: [404] },
    ]),
  ),
  'GET /api/auth/[...nextauth]': {
    paths: [
      'session',
      'csrf',
      'providers',
      'signin',
      'signout',
      'error',
      'callback/email',
      'callback/github',
      'callback/google?error=access_denied',
      'callback/github?code=x&state=y',
      'nothing',
    ].map((path) => `/api/auth/${path}`),
    status: [200, 302, 400, 401, 403, 404],
  },
  'POST /api/auth/[...nextauth]': {
    paths: [
      'signin/email',
      'signin/github',
      'callback/credentials',
      'callback/google',
      'signout',
      'session',
      '_log',
    ].map((path) => `/api/auth/${path}`),
    body: ({ admin }) => ({
      email: admin.email,
      password: 'not the password',
      callbackUrl: 'https://evil.example',
    }),
    status: [200, 302, 400, 401, 403, 404, 405],
  },
};

export type PageSample = {
  query?: string;
  /** Names one of the victim's objects: whoever asks at home gets 404. */
  object?: true;
  /** Answers to anybody, or for a gated page to the intruder at home: 200 unless told. */
  status?: number[];
};

/** By the page's address in the tree of `app/`. */
export const pageSamples: Record<string, PageSample> = {
  '/': {},
  '/docs/api': {},
  '/docs/errors': {},
  '/suspended': { status: [404] },
  // For operators alone: 404 to everybody else.
  '/admin': {},
  '/admin/audit': { query: '?q=a' },
  '/admin/metering': {},
  '/admin/billing': { query: '?state=failed' },
  '/admin/jobs': { query: '?queue=mail' },
  '/admin/keys': {},
  '/admin/people': { query: '?q=a' },
  '/admin/people/[userId]': {},
  '/admin/tenants': { query: '?status=active' },
  '/admin/tenants/[tenantId]': {},
  '/deletion-pending': { status: [404] },
  '/unknown-workspace': { status: [404] },
  '/cloud': { status: [200, 307] },
  '/cloud/account': { status: [200, 307] },
  '/cloud/account/confirm-email': { query: '?token=made-up', status: [200, 307] },
  '/cloud/confirm/[tenantId]': { status: [200, 307] },
  '/cloud/dev/mail': {},
  '/cloud/forgot-password': {},
  '/cloud/invitations/[invitationId]': { status: [200, 307] },
  '/cloud/invitations/accept': { query: `?token=${'x'.repeat(43)}` },
  '/cloud/login': { query: '?next=https%3A%2F%2Fevil.example', status: [200, 307] },
  '/cloud/login/[provider]': { query: '?next=//evil.example', status: [200, 307] },
  '/cloud/login/second-factor': { query: '?next=https%3A%2F%2Fevil.example', status: [307] },
  '/cloud/open': { status: [307] },
  '/cloud/reset-password': { query: '?token=made-up' },
  '/cloud/signup': {},
  '/cloud/verify-email': { query: '?token=made-up', status: [200, 307] },
  '/t/[tenant]': { status: [307] },
  '/t/[tenant]/login': { query: '?next=//evil.example', status: [200, 307] },
  '/t/[tenant]/login/second-factor': { query: '?next=//evil.example', status: [307] },
  '/t/[tenant]/overview': { query: '?period=30d' },
  '/t/[tenant]/setup': { query: '?language=python&framework=nothing' },
  '/t/[tenant]/traces': { query: '?error=only' },
  '/t/[tenant]/traces/[traceId]': { object: true },
  '/t/[tenant]/usage': { query: '?metric=tokens.in&period=2026-01-01T00:00:00Z&day=nonsense' },
  '/t/[tenant]/usage/explain': { query: '?metric=trace.count&hour=2026-01-01T00:00:00Z' },
  '/t/[tenant]/settings/api-keys': {},
  '/t/[tenant]/settings/audit': { query: '?q=a' },
  '/t/[tenant]/settings/data': {},
  '/t/[tenant]/settings/deliveries': { query: '?period=7d' },
  '/t/[tenant]/settings/isolation': {},
  '/t/[tenant]/settings/billing': {},
  '/t/[tenant]/settings/limits': {},
  '/t/[tenant]/settings/roles': {},
  '/t/[tenant]/settings/members': {},
  '/t/[tenant]/settings/workspace': {},
};

export type ActionSample = {
  input: (victim: Victim) => unknown;
  /** What the intruder's admin hears at home (for a public action: anybody): `ok`, or the code of an error. */
  outcome: string | string[];
  /** Runs at a workspace whose deletion is pending, and nowhere else. */
  whileDeleting?: true;
};

/** What operators alone may do: to everybody else there is no such action. */
const operatorActions = [
  'operators.add',
  'operators.remove',
  'operator-keys.create',
  'operator-keys.revoke',
  'billing-operations.comp',
  'billing-operations.credit',
  'billing-operations.extend_grace',
  'billing-operations.replay_event',
  'billing-operations.retry_report',
  'tenant-operations.create',
  'tenant-operations.suspend',
  'tenant-operations.reactivate',
  'tenant-operations.rename',
  'tenant-operations.change-plan',
  'tenant-operations.set-rate',
  'tenant-operations.clear-rate',
  'tenant-operations.set-amounts',
  'tenant-operations.clear-amounts',
  'tenant-operations.delete',
  'tenant-operations.keep',
  'tenant-operations.check',
  'people.disable',
  'people.enable',
  'people.sign-out',
  'people.resend-verification',
  'operator-jobs.act',
  'support.enter',
  'support.allow-writing',
] as const;

function operatorInput(victim: Victim) {
  const { id, ids, admin } = victim;
  const job = { queue: 'mail', jobId: id, verb: 'retry' };
  return {
    ...operatorBody(victim),
    ...job,
    ...{ tenantId: id, userId: ids.userId, id: ids.keyId },
    ...{ email: admin.email, admin_email: admin.email, expiresInDays: null },
  };
}

/** By the name that the action is registered by. */
export const actionSamples: Record<string, ActionSample> = {
  'sign-up': {
    input: ({ admin, slug }) => ({
      name: 'Mallory',
      email: admin.email,
      password,
      tenantName: 'Mallory',
      slug,
    }),
    outcome: 'conflict',
  },
  'sign-up.check-slug': { input: ({ slug }) => ({ slug }), outcome: 'ok' },
  'new-workspace.create': {
    input: ({ slug }) => ({ tenantName: 'Mallory', slug }),
    outcome: ['unauthenticated', 'conflict'],
  },
  // About oneself: whoever they name, they reach nobody else. What is sent here is refused before it changes oneself.
  'account.rename': {
    input: ({ admin }) => ({ name: '', userId: admin.userId, id: admin.userId }),
    outcome: 'invalid_input',
  },
  'email-change.request': {
    input: ({ admin }) => ({
      email: `new-${admin.email}`,
      password: 'not the password',
      userId: admin.userId,
    }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'email-change.cancel': {
    input: ({ admin }) => ({ userId: admin.userId }),
    outcome: ['unauthenticated', 'ok'],
  },
  'email-change.confirm': {
    input: () => ({ token: madeUpToken }),
    outcome: ['unauthenticated', 'not_found'],
  },
  'email-verification.send': {
    input: ({ admin }) => ({ userId: admin.userId, email: admin.email }),
    outcome: ['unauthenticated', 'conflict'],
  },
  'email-verification.confirm': {
    input: () => ({ token: madeUpToken }),
    outcome: ['unauthenticated', 'not_found'],
  },
  // Anybody may ask for the mail; to the victim's address it would be one more row of theirs, and do no more.
  'passwords.request-reset': { input: ({ slug }) => ({ email: `${slug}@nobody.example` }), outcome: 'ok' },
  'passwords.reset': { input: () => ({ token: madeUpToken, password }), outcome: 'not_found' },
  'passwords.change': {
    input: ({ admin }) => ({ password: 'not the password', newPassword: password, userId: admin.userId }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'second-factor.begin': {
    input: ({ admin }) => ({ password: 'not the password', userId: admin.userId }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'second-factor.confirm': {
    input: ({ admin }) => ({ code: '123456', userId: admin.userId }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'second-factor.disable': {
    input: ({ admin }) => ({ code: '123456', userId: admin.userId }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'second-factor.renew-codes': {
    input: ({ admin }) => ({ code: '123456', userId: admin.userId }),
    outcome: ['unauthenticated', 'invalid_input'],
  },
  'second-factor.complete': {
    input: ({ admin }) => ({ code: '123456', userId: admin.userId, sessionId: admin.sessionId }),
    outcome: 'unauthenticated',
  },
  'sessions.revoke': {
    input: ({ admin }) => ({ id: admin.sessionId }),
    outcome: ['unauthenticated', 'not_found'],
  },
  'sessions.revoke-all': {
    input: ({ admin }) => ({ userId: admin.userId }),
    outcome: 'invalid_input',
  },
  'billing.preview_change': { input: () => ({ interval: 'yearly' }), outcome: 'conflict' },
  'billing.change_interval': {
    input: () => ({ interval: 'yearly', proration_date: 1_767_225_600 }),
    outcome: 'conflict',
  },
  'billing.cancel': { input: () => ({}), outcome: 'conflict' },
  'billing.resume': { input: () => ({}), outcome: 'conflict' },
  'billing.start_checkout': {
    input: () => ({ plan: 'pro', interval: 'monthly' }),
    outcome: ['ok', 'conflict'],
  },
  'billing.open_portal': { input: () => ({}), outcome: 'ok' },
  'billing.make_test_invoice': { input: () => ({}), outcome: 'ok' },
  'api-keys.create': {
    input: ({ id }) => ({ name: 'Mallory', tenantId: id, tenant_id: id }),
    outcome: 'ok',
  },
  'api-keys.revoke': { input: ({ id, ids }) => ({ id: ids.keyId, tenantId: id }), outcome: 'not_found' },
  'api-keys.set-rate': {
    input: ({ id, ids }) => ({ id: ids.keyId, perSecond: 1, tenantId: id }),
    outcome: 'not_found',
  },
  'api-keys.rename': {
    input: ({ id, ids }) => ({ id: ids.keyId, name: 'Mallory', tenantId: id }),
    outcome: 'not_found',
  },
  'api-keys.rotate': {
    input: ({ id, ids }) => ({ id: ids.keyId, overlap: 'now', tenantId: id }),
    outcome: 'not_found',
  },
  'api-keys.set-service': {
    input: ({ id, ids }) => ({ id: ids.keyId, service: true, tenantId: id }),
    outcome: 'not_found',
  },
  'api-sign-up.confirm': { input: ({ id }) => ({ tenantId: id }), outcome: ['unauthenticated', 'not_found'] },
  'deletion.request': { input: ({ slug }) => ({ slug }), outcome: 'invalid_input' },
  'deletion.cancel': { input: ({ id }) => ({ tenantId: id }), outcome: [], whileDeleting: true },
  'invitations.accept': {
    input: ({ ids }) => ({ id: ids.invitationId }),
    outcome: ['unauthenticated', 'not_found'],
  },
  'invitations.invite': {
    input: ({ id, slug }) => ({ email: `${slug}@example.com`, role: 'admin', tenantId: id }),
    outcome: ['ok', 'conflict'],
  },
  'invitations.invite-list': {
    input: ({ id, slug }) => ({ list: `${slug}@example.com`, role: 'admin', tenantId: id }),
    outcome: 'ok',
  },
  'invitations.join': {
    input: () => ({ token: 'x'.repeat(43), name: 'Mallory', password }),
    outcome: 'not_found',
  },
  'invitations.resend': {
    input: ({ id, ids }) => ({ id: ids.invitationId, tenantId: id }),
    outcome: 'not_found',
  },
  'invitations.revoke': {
    input: ({ id, ids }) => ({ id: ids.invitationId, tenantId: id }),
    outcome: 'not_found',
  },
  // Starter has nothing to cap.
  'quotas.set-spend-cap': { input: ({ id }) => ({ cents: 0, tenantId: id }), outcome: 'conflict' },
  'metering.resolve-finding': {
    input: ({ id }) => ({ tenantId: id, id: '1', reason: 'a test' }),
    outcome: 'not_found',
  },
  'members.change-role': {
    input: ({ id, ids }) => ({ userId: ids.userId, role: 'viewer', tenantId: id }),
    outcome: 'not_found',
  },
  'members.leave': { input: ({ id }) => ({ tenantId: id }), outcome: 'conflict' }, // the last admin
  'members.remove': { input: ({ id, ids }) => ({ userId: ids.userId, tenantId: id }), outcome: 'not_found' },
  'tenants.rename': { input: ({ id }) => ({ name: 'Mallory', tenantId: id }), outcome: 'ok' },
  'tenants.change-slug': { input: ({ slug }) => ({ slug }), outcome: ['conflict', 'invalid_input'] },
  'tenants.check-slug': { input: ({ slug }) => ({ slug }), outcome: 'ok' },
  'isolation.check': { input: ({ id }) => ({ tenantId: id }), outcome: 'ok' },
  'support.leave': { input: ({ id }) => ({ tenantId: id }), outcome: 'conflict' }, // they are there as themselves
  'support.set': { input: ({ id }) => ({ allowed: true, tenantId: id }), outcome: 'ok' },
  ...Object.fromEntries(
    operatorActions.map((name) => [
      name,
      { input: operatorInput, outcome: 'not_found' } satisfies ActionSample,
    ]),
  ),
};
