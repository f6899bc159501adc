// `npm run billing:sync`: brings products, prices and the meter at Stripe to what lib/plans/plans.ts says.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { databaseCommand } = await import('./lib/database-command.mjs');
await databaseCommand(['billing', ...process.argv.slice(2)], { name: 'billing:sync' });
