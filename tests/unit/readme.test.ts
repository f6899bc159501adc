import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { documentation } from '@/lib/env';

const readme = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');

test('the README’s table of variables is the one of lib/env.ts', () => {
  const rows = Object.entries(documentation).map(
    ([name, { meaning, fallback }]) => `| \`${name}\` | ${meaning} | ${fallback} |`,
  );
  const unpadded = readme.replace(/ +/g, ' '); // the formatter aligns tables
  expect(rows.filter((row) => !unpadded.includes(row))).toEqual([]);
  expect(unpadded.match(/^\| `[A-Z_]+` \|/gm)).toHaveLength(rows.length);
});

test('the README’s commands exist', () => {
  const { scripts } = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm (?:run )?([a-z][a-z:-]*)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => !(name in scripts) && !['install', 'ci', 'and'].includes(name))).toEqual([]);
});
