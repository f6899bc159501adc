import { syncCatalogue } from '@/lib/billing-catalogue/mutations';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';

const USAGE = 'Usage: npm run billing:sync [-- --dry-run]';

/**
 * `npm run billing:sync`: makes or updates what Stripe sells, and answers the lines to print. Doing it again does nothing.
 * Throws AppError for a wrong option and where no key is set: the sandbox makes its own catalogue.
 */
export async function billingCommand(args: string[]): Promise<string[]> {
  const dryRun = args.includes('--dry-run');
  if (args.some((arg) => arg !== '--dry-run')) throw new AppError('invalid_input', USAGE);
  const { stripe } = env();
  if (!stripe)
    throw new AppError(
      'unavailable',
      'STRIPE_SECRET_KEY is not set. The sandbox of `npm start` makes its prices by itself; there is nothing to do.',
    );
  const lines = await syncCatalogue({ dryRun });
  const mode = `Stripe’s ${stripe.mode} mode`;
  if (lines.length === 0) return [`${mode} has the whole catalogue: nothing to do.`];
  return [
    ...lines.map((line) => `${dryRun ? 'would ' : ''}${line}`),
    `${mode}: ${lines.length} changes${dryRun ? ' to make' : ' made'}.`,
  ];
}
