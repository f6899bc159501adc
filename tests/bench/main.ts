import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { closePools } from '@/db/client';
import { createReport } from './report';
import type { Suite } from './suite';

/** Runs one suite, whose bundle lies beside this one's. Started by scripts/lib/bench.mjs. */
const [name = '', ...args] = process.argv.slice(2);
const file = path.join(import.meta.dirname, `${name}.suite.mjs`);
const suite = (await import(pathToFileURL(file).href)) as Suite;
const report = createReport();
report.title(suite.name);
await suite.run({ report, args });
await closePools();
