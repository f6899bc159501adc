import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const HEAD = `// The client of RAG Toolkit, in one file: no packages, Node 18 or newer. Copy it into your program.
`;
/** Each may use those before it. */
const parts = ['types', 'json', 'retry', 'waiting', 'transport', 'client'];
const publicParts = ['types', 'client'];

/** The client's files as one, which imports nothing but Node's own modules and exports what its users need. */
function toSingleFile(): string {
  const imports = new Set<string>();
  const bodies = parts.map((part) => {
    const text = readFileSync(`lib/sdk/${part}.ts`, 'utf8');
    for (const [line] of text.matchAll(/^import [^;]*?from 'node:\w+';$/gm)) imports.add(line);
    const body = text.replace(/^import [^;]*?from '[^']+';\n/gm, '').trim();
    return publicParts.includes(part) ? body : body.replace(/^export /gm, '');
  });
  return `${[HEAD + [...imports].sort(byModule).join('\n'), ...bodies].join('\n\n')}\n`;
}

function byModule(a: string, b: string): number {
  const moduleOf = (line: string) => line.slice(line.indexOf("'"));
  return moduleOf(a).localeCompare(moduleOf(b));
}

// `npx vitest run --project unit -u tests/unit/sdk` writes it anew.
test('the client that is served is the one that is tested', async () => {
  const text = toSingleFile();
  expect(text).not.toMatch(/from '[.@]/);
  await expect(text).toMatchFileSnapshot('../../../public/sdk/ragtoolkit.ts');
});
