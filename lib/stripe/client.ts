import Stripe from 'stripe';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';

/** Whom this installation speaks to: Stripe, or the stand-in on loopback. Undefined is nobody. */
export type StripeMode = 'live' | 'test' | 'sandbox';

/** Where the stand-in listens, and what it signs its webhooks with. */
export type SandboxTarget = { port: number; webhookSecret: string };

type State = { sandbox?: SandboxTarget | undefined; client?: Stripe | undefined };

// Both of the process's bundles speak to the same one.
const STRIPE = Symbol.for('ragtoolkit.stripe');
const globals = globalThis as { [STRIPE]?: State };

function state(): State {
  globals[STRIPE] ??= {};
  return globals[STRIPE];
}

/** Long enough for a slow call; who waits at a page says less. */
const TIMEOUT_MS = 20_000;
const API_VERSION = '2026-10-28.endive';
const UNREACHABLE =
  'Stripe cannot be reached right now. Nothing was changed that you need to undo: try again in a moment.';

/** Says where the stand-in is; undefined takes it away. Where a key of Stripe is set it is not used. */
export function speakToSandbox(sandbox: SandboxTarget | undefined): void {
  globals[STRIPE] = { sandbox };
}

/** Whom this installation speaks to; null where billing is off. */
export function stripeMode(): StripeMode | null {
  return env().stripe?.mode ?? (state().sandbox ? 'sandbox' : null);
}

/** What signs webhooks; null where nothing may come. */
export function webhookSecret(): string | null {
  const stripe = env().stripe;
  return (stripe ? stripe.webhookSecret : state().sandbox?.webhookSecret) ?? null;
}

function client(): Stripe | null {
  const known = state();
  if (known.client) return known.client;
  const common = {
    apiVersion: API_VERSION,
    maxNetworkRetries: 2,
    timeout: TIMEOUT_MS,
    telemetry: false,
  } as const;
  const { secretKey: key, apiUrl } = env().stripe ?? {};
  if (key) known.client = new Stripe(key, { ...common, ...(apiUrl && addressOf(apiUrl)) });
  else if (known.sandbox)
    known.client = new Stripe('sk_test_sandbox', {
      ...common,
      host: '127.0.0.1',
      port: known.sandbox.port,
      protocol: 'http',
    });
  return known.client ?? null;
}

function addressOf({ hostname, port, protocol }: URL) {
  const isPlain = protocol === 'http:';
  return {
    host: hostname,
    port: port ? Number(port) : isPlain ? 80 : 443,
    protocol: isPlain ? ('http' as const) : ('https' as const),
  };
}

/**
 * Asks Stripe, and checks that the answer is what was asked for: the SDK takes any JSON without an `error` for a success,
 * such as a proxy's. Throws AppError `unavailable` where Stripe cannot be reached, is overloaded, or billing is off; what
 * Stripe refuses is thrown as it is. Not to be called inside a transaction.
 */
export async function ask<T extends { object: string }>(
  object: T['object'],
  call: (stripe: Stripe) => Promise<T>,
): Promise<T> {
  const stripe = client();
  if (!stripe)
    throw new AppError('unavailable', 'Billing is not set up here: the installation has no key of Stripe.');
  let answer: T;
  try {
    answer = await call(stripe);
  } catch (error) {
    throw isOutage(error) ? outage(error) : error;
  }
  if (answer?.object !== object)
    throw outage(new Error(`Stripe answered ${String(answer?.object)} where ${object} was asked for`));
  return answer;
}

/** Reads a whole list, page by page, up to `most`. Throws as `ask` does. */
export async function askAll<T extends { id?: string }>(
  call: (stripe: Stripe, after: { limit: number; starting_after?: string }) => Promise<Stripe.ApiList<T>>,
  most = 1_000,
): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const last = rows.at(-1)?.id;
    const page = await ask('list', (stripe) =>
      call(stripe, { limit: 100, ...(last !== undefined && { starting_after: last }) }),
    );
    rows.push(...page.data);
    if (!page.has_more || page.data.length === 0 || rows.length >= most) return rows;
  }
}

/** Whether an error says nothing of what became of the request: it may have been carried out. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'unavailable';
  if (error instanceof Stripe.errors.StripeConnectionError) return true;
  if (error instanceof Stripe.errors.StripeRateLimitError) return true;
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 500) >= 500;
}

/** What Stripe has refused a request for, with its code; null for anything else, outages included. */
export function refusalOf(
  error: unknown,
): { code: string | null; message: string; param: string | null } | null {
  if (!(error instanceof Stripe.errors.StripeError) || isOutage(error)) return null;
  return { code: error.code ?? null, message: error.message, param: error.param ?? null };
}

/**
 * Checks a webhook's signature over its body as it came. Throws AppError `unavailable` where there is no secret to check it
 * by, `invalid_body` for a signature that is wrong, missing, or older than five minutes.
 */
export async function readEvent(body: string, signature: string | null): Promise<Stripe.Event> {
  const secret = webhookSecret();
  const stripe = client();
  if (!secret || !stripe) throw new AppError('unavailable', 'This installation takes no webhooks of Stripe.');
  try {
    return await stripe.webhooks.constructEventAsync(body, signature ?? '', secret);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError)
      throw new AppError('invalid_signature');
    throw new AppError('invalid_body');
  }
}

function outage(cause: unknown): AppError {
  const error = new AppError('unavailable', UNREACHABLE, [], 5);
  error.cause = cause;
  return error;
}
