// `npm run check`: what can be told without running the product: lock file, types, lint, architecture.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { test } = await import('./lib/test/test.mjs');
await test(['check', ...process.argv.slice(2)]);
