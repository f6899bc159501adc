// `npm start`: everything from a fresh clone to a running product. `npm run dev` is the same with --dev.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { start } = await import('./lib/start/start.mjs');
await start({ dev: process.argv.includes('--dev') });
