import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { expect, test } from 'vitest';

const folder = path.resolve('db/migrations/meta');

/** `npm run db:generate` drafts what is between the newest snapshot and db/schema: who changes the schema commits both. */
test('the newest snapshot is what db/schema says', async () => {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort()
    .at(-1);
  const files = readdirSync('db/schema').filter((name) => name.endsWith('.ts'));
  const modules = await Promise.all(files.map((name) => import(path.resolve('db/schema', name))));
  const schema = Object.assign({}, ...modules) as Record<string, unknown>;
  const snapshot = JSON.parse(readFileSync(path.join(folder, newest ?? 'none'), 'utf8'));
  const statements = await generateMigration(snapshot, generateDrizzleJson(schema));
  expect(statements, 'run `npm run db:generate`, and complete its SQL by hand').toEqual([]);
});
