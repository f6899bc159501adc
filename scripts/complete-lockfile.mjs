// Completes package-lock.json for all platforms: run it after every `npm install`. With --check it only looks.
import { requireNode } from './lib/node-version.mjs';

requireNode();
const { completeLock, readLockFile, undecidedInstallScripts, writeLockFile } = await import(
  './lib/lockfile.mjs'
);

const lock = readLockFile();
const added = completeLock(lock);
const undecided = undecidedInstallScripts(lock);
const checking = process.argv.includes('--check');

if (!checking) {
  if (added.length > 0) writeLockFile(lock);
  for (const path of added) console.log(`+ ${path}`);
  console.log(`package-lock.json: ${added.length} entries added.`);
} else if (added.length > 0) {
  console.error('package-lock.json does not name these optional packages:');
  for (const path of added) console.error(`  ${path}`);
  console.error('Run `npm run lock:complete` and commit the result.');
}
if (undecided.length > 0) {
  console.error(
    `"allowScripts" in package.json does not say whether these may run a script: ${undecided.join(', ')}`,
  );
  console.error('None of our packages needs one: add them there with the value false.');
}
if (checking) process.exitCode = added.length + undecided.length > 0 ? 1 : 0;
