// `npm run bench`: measures speed and memory. `npm run bench -- tenants` runs one suite and hands it what follows.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { bench } = await import('./lib/bench.mjs');
await bench(process.argv.slice(2));
