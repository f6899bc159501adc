import { defineConfig } from 'drizzle-kit';

/**
 * Only `npm run db:generate` uses this. Drizzle cannot emit PARTITION BY, policies or grants: what it generates is
 * completed by hand before it is committed (docs/architecture.md, "Changing the schema"). `npm run db:migrate` applies.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: './db/schema/*.ts',
  out: './db/migrations',
});
