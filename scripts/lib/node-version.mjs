import { readFileSync } from 'node:fs';

/**
 * Stops with one clear line when Node is too old. Written in syntax that Node 16 can parse, and the scripts import
 * the rest only after this check: otherwise an old Node would answer with a SyntaxError of its own.
 */
export function requireNode() {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const wanted = manifest.engines.node.replace(/^>=\s*/, '');
  if (isOlder(process.versions.node, wanted)) {
    console.error(
      `RAG Toolkit Cloud needs Node ${wanted} or newer, and this is Node ${process.versions.node} (${process.execPath}).`,
    );
    process.exit(1);
  }
}

/**
 * @param {string} actual
 * @param {string} wanted
 */
function isOlder(actual, wanted) {
  const have = actual.split('.').map(Number);
  const need = wanted.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (have[i] || 0) - (need[i] || 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
