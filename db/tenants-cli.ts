import { parseArgs } from 'node:util';
import { sql } from 'drizzle-orm';
import { OPERATOR } from '@/lib/audit/emit';
import { isUuid, newRequestId } from '@/lib/ids';
import { isPlanId, plans } from '@/lib/plans/plans';
import type { PlatformActor } from '@/lib/tenancy/context';
import { changePlan, reactivateTenant, suspendTenant } from '@/lib/tenants/mutations';
import { signUpThroughApi } from '@/lib/workflows/api-sign-up/mutations';
import { apiSignUpBody } from '@/lib/workflows/api-sign-up/schema';
import { findReceipt } from '@/lib/workflows/erasure/queries';
import { verifyReceipt } from '@/lib/workflows/erasure/rules';
import { runIsolationCheck } from '@/lib/workflows/isolation-canary/mutations';
import { clearTenantRate, setTenantRate } from '@/lib/workflows/limits/mutations';
import { listHottestTenants } from '@/lib/workflows/limits/queries';
import { tenantRateInput } from '@/lib/workflows/limits/schema';
import { clearTenantAmounts, setTenantAmounts } from '@/lib/workflows/quotas/mutations';
import { tenantAmountsInput } from '@/lib/workflows/quotas/schema';
import { withPlatform } from './tenant';

const USAGE = `Usage: npm run tenants -- <command>
  list                                      every workspace with its state and its newest isolation check
  create --slug <slug> --name <name> --admin-email <address>
  suspend <slug> --reason <why>             pages say so, the API answers 403, everything is kept
  reactivate <slug> --reason <why>
  plan <slug> --plan <plan> --reason <why>  another plan than it has
  hottest                                   who asked most in the last ten minutes
  limit <slug> --rate <per second> --burst <at once> --until <time> --reason <why>
                                            another rate than its plan's, until then
  unlimit <slug> --reason <why>             back to its plan's rate
  amounts <slug> --traces <a period> [--price <cents for 1,000 more>] [--seats <number>] --reason <why>
                                            other amounts than its plan's; without a price more is refused
  reset-amounts <slug> --reason <why>       back to its plan's amounts
  check <slug>                              runs the isolation check now
  receipt <id of an erased workspace>       its erasure receipt, and whether its signature holds`;

/** Commands about one workspace. */
const ofOne: ReadonlySet<string> = new Set([
  ...['suspend', 'reactivate', 'plan', 'check', 'limit', 'unlimit'],
  ...['amounts', 'reset-amounts'],
]);

type Row = {
  id: string;
  slug: string;
  name: string;
  status: 'active' | 'suspended' | 'deleting';
  members: number;
  passed: boolean | null;
};

/**
 * What an operator does to workspaces from a shell, by the same verbs as everything else, as the system. Answers the
 * lines to print. Throws an Error that says what is wrong, with the usage where the command is not understood, and when an
 * isolation check fails.
 */
export async function tenantsCommand([command, ...args]: string[]): Promise<string[]> {
  const { values, positionals } = readArgs(args);
  const by = { actor: { kind: 'system', name: OPERATOR }, requestId: newRequestId() } as const;
  if (command === 'list') return (await readTenants()).map(toLine);
  if (command === 'hottest') return hottest(by);
  if (command === 'create') return create(values, by.requestId);

  const [slug] = positionals;
  if (command === 'receipt' && slug) return receipt(slug);
  if (!slug || !command || !ofOne.has(command)) throw new Error(USAGE);
  const [tenant] = await readTenants(slug);
  if (!tenant) throw new Error(`There is no workspace "${slug}".`);
  if (command === 'check') return check(tenant, by);
  if (!values.reason) throw new Error(`Say why: --reason "…"\n${USAGE}`);
  const { reason } = values;
  if (command === 'limit') return limit(by, tenant, values);
  if (command === 'unlimit') {
    await clearTenantRate(by, { tenantId: tenant.id, reason });
    return [`${slug} has its plan's rate.`];
  }
  if (command === 'amounts') return agree(by, tenant, values);
  if (command === 'reset-amounts') {
    await clearTenantAmounts(by, { tenantId: tenant.id, reason });
    return [`${slug} has its plan's amounts.`];
  }
  if (command === 'plan') {
    const { plan = '' } = values;
    if (!isPlanId(plan)) throw new Error(`Say which plan: --plan ${Object.keys(plans).join(', ')}\n${USAGE}`);
    await changePlan(by, { tenantId: tenant.id, plan, reason });
  } else {
    const change = command === 'suspend' ? suspendTenant : reactivateTenant;
    await change(by, { tenantId: tenant.id, reason });
  }
  return (await readTenants(slug)).map(toLine);
}

function readArgs(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        slug: text,
        name: text,
        'admin-email': text,
        reason: text,
        rate: text,
        burst: text,
        until: text,
        plan: text,
        traces: text,
        price: text,
        seats: text,
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`);
  }
}

async function create(values: ReturnType<typeof readArgs>['values'], requestId: string): Promise<string[]> {
  const input = apiSignUpBody.safeParse({
    slug: values.slug,
    name: values.name,
    admin_email: values['admin-email'],
  });
  if (!input.success) {
    const issues = input.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new Error(`${issues.join('\n')}\n${USAGE}`);
  }
  const made = await signUpThroughApi(input.data, requestId);
  return [`${made.slug} is made; a mail to ${input.data.admin_email} says how to sign in.`];
}

const options = { perSecond: '--rate', burst: '--burst', expiresAt: '--until', reason: '--reason' } as const;

async function limit(
  by: PlatformActor,
  { id, slug }: Row,
  { rate, burst = rate, until, reason }: ReturnType<typeof readArgs>['values'],
): Promise<string[]> {
  const input = tenantRateInput.safeParse({ perSecond: rate, burst, expiresAt: until, reason });
  if (!input.success) throw notUnderstood(input.error.issues, options);
  await setTenantRate(by, { tenantId: id, ...input.data });
  const { perSecond, burst: atOnce, expiresAt } = input.data;
  return [
    `${slug} may ask ${perSecond} times a second, ${atOnce} at once, until ${expiresAt.toISOString()}.`,
  ];
}

const amountOptions = {
  traces: '--traces',
  per1000Traces: '--price',
  seats: '--seats',
  reason: '--reason',
} as const;

async function agree(
  by: PlatformActor,
  { id, slug }: Row,
  { traces, price, seats, reason }: ReturnType<typeof readArgs>['values'],
): Promise<string[]> {
  const input = tenantAmountsInput.safeParse({ traces, per1000Traces: price, seats, reason });
  if (!input.success) throw notUnderstood(input.error.issues, amountOptions);
  await setTenantAmounts(by, { tenantId: id, ...input.data });
  const { traces: included, per1000Traces, seats: people } = input.data;
  const beyond = per1000Traces === null ? 'more are refused' : `1,000 more cost ${per1000Traces} cents`;
  return [
    ...(included === null ? [] : [`${slug} has ${included} traces a period; ${beyond}.`]),
    ...(people === null ? [] : [`${slug} has ${people} seats.`]),
  ];
}

/** What is wrong with each option, and how the command is used. */
function notUnderstood(
  issues: readonly { path: PropertyKey[]; message: string }[],
  names: Readonly<Record<string, string>>,
): Error {
  const lines = issues.map(({ path, message }) => `  ${names[String(path[0])]}: ${message}`);
  return new Error(`${lines.join('\n')}\n${USAGE}`);
}

async function hottest(by: PlatformActor): Promise<string[]> {
  const found = await listHottestTenants(by);
  if (found.length === 0) return ['Nobody has asked anything in the last ten minutes.'];
  return found.map(
    ({ slug, perSecond, limited, limit: most }) =>
      `${slug.padEnd(40)}  ${perSecond.toFixed(1).padStart(7)} of ${most} a second  ${limited} refused`,
  );
}

async function check(
  tenant: Row,
  by: { actor: { kind: 'system'; name: string }; requestId: string },
): Promise<string[]> {
  const result = await runIsolationCheck({ tenant, ...by });
  const lines = result.probes.map(
    ({ probe, refused, outcome }) => `${refused ? 'refused' : 'LEAK   '}  ${probe}: ${outcome}`,
  );
  if (!result.passed)
    throw new Error(`The isolation check of ${tenant.slug} has FAILED:\n${lines.join('\n')}`);
  return lines;
}

async function receipt(tenantId: string): Promise<string[]> {
  const found = isUuid(tenantId) ? await findReceipt(tenantId) : null;
  if (!found) throw new Error(`No workspace with the id "${tenantId}" was erased here.`);
  if (!verifyReceipt(found))
    throw new Error(`The signature does NOT hold:\n${JSON.stringify(found, null, 2)}`);
  return [JSON.stringify(found, null, 2), 'The signature holds.'];
}

async function readTenants(slug?: string): Promise<Row[]> {
  const rows = await withPlatform((db) =>
    db.execute<Row>(sql`
      select t.id, t.slug, t.name, t.status,
        (select count(*)::int from memberships m where m.tenant_id = t.id) as members,
        (select passed from isolation_checks c where c.tenant_id = t.id order by at desc limit 1) as passed
      from tenants t ${slug ? sql`where t.slug = ${slug}` : sql``} order by t.slug`),
  );
  return [...rows];
}

function toLine({ slug, status, members, passed }: Row): string {
  const isolation = passed === null ? 'not checked' : passed ? 'isolation ok' : 'ISOLATION FAILED';
  return `${slug.padEnd(40)}  ${status.padEnd(9)}  ${String(members).padStart(4)} people  ${isolation}`;
}
