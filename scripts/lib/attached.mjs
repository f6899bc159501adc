// Runs another script as its own, and dies with the process that started it: a build or an installation must not go on
// behind the back of the next start when its supervisor was killed. Usage: node attached.mjs <script> [arguments…]
// It leads its own process group (it is spawned detached), so what it has started dies with it.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.channel?.unref();
// The script must not think that somebody listens.
process.send = undefined;

const [node = process.execPath, , script = '', ...rest] = process.argv;
process.argv = [node, resolve(script), ...rest];
await import(pathToFileURL(resolve(script)).href);
