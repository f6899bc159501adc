import './env';
import type { TestProject } from 'vitest/node';
import { createMigratedDatabase } from './databases';

declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
  }
}

/** One migrated database for all integration tests, dropped afterwards. Each suite makes its own tenants in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const database = await createMigratedDatabase();
  project.provide('databaseUrl', database.url);
  return database.drop;
}
