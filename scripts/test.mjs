// `npm test`: everything. `npm test -- unit` runs one part, `npm test -- e2e <arguments>` passes them to its runner.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { test } = await import('./lib/test/test.mjs');
await test(process.argv.slice(2));
