// `npm run build`: what `npm start` would build. On Vercel, which installs and serves by itself, Next's build alone.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { buildCommand } = await import('./lib/build/command.mjs');
await buildCommand();
