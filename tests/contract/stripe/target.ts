import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { type Sandbox, startSandbox } from '@/lib/billing/sandbox/server';

const key = process.env.STRIPE_SECRET_KEY;

/** Whether these tests speak to Stripe's own test mode; to the sandbox otherwise. */
export const isStripe = key?.startsWith('sk_test_') === true;

export type Target = {
  stripe: Stripe;
  /** Only for names that must not be used twice in one account. */
  unique: (name: string) => string;
  /** Waits in steps until something is so. Stripe's own clocks and meters take a while. */
  until: <T>(read: () => Promise<T>, isDone: (value: T) => boolean) => Promise<T>;
  close: () => Promise<void>;
};

/** Stripe's test mode where a key of it is set, and a sandbox of this test's own otherwise. */
export async function openTarget(): Promise<Target> {
  const sandbox = isStripe ? null : await startTestSandbox();
  return {
    stripe: sandbox ? clientFor(sandbox) : new Stripe(key ?? '', { maxNetworkRetries: 2 }),
    unique: (name) => `${name}-${randomUUID().slice(0, 8)}`,
    until,
    close: async () => sandbox?.close(),
  };
}

export const webhookSecret = 'whsec_of_the_tests';

/** A sandbox in memory on a free port. */
export async function startTestSandbox(
  options: Partial<Parameters<typeof startSandbox>[0]> = {},
): Promise<Sandbox> {
  return startSandbox({
    port: 0,
    webhookSecret,
    webhookUrl: () => null,
    stripeSecretKey: undefined,
    onError: (error) => console.error(error),
    ...options,
  });
}

/** The official SDK, told where the sandbox is. */
export function clientFor(sandbox: { port: number }, maxNetworkRetries = 0): Stripe {
  return new Stripe('sk_test_of_the_tests', {
    host: '127.0.0.1',
    port: sandbox.port,
    protocol: 'http',
    maxNetworkRetries,
    telemetry: false,
  });
}

export async function until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + (isStripe ? 120_000 : 15_000);
  for (let wait = 5; ; wait = Math.min(wait * 2, isStripe ? 3_000 : 200)) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline) throw new Error(`Not so in time: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
