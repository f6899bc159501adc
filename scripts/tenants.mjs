// `npm run tenants`: what an operator does to workspaces from a shell.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { databaseCommand } = await import('./lib/database-command.mjs');
await databaseCommand(['tenants', ...process.argv.slice(2)], { name: 'tenants' });
