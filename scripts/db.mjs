// `npm run db:migrate`: the database's commands, on DATABASE_URL or on the embedded database.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { databaseCommand } = await import('./lib/database-command.mjs');
await databaseCommand(process.argv.slice(2));
