// `npm run docs:screenshots`: the pictures of README and site, taken of a running `npm start` with its demo data.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { takeScreenshots } = await import('./lib/screenshots.mjs');
await takeScreenshots();
