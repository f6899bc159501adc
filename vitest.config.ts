import os from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;
const alias = { '@': root, 'server-only': path.join(root, 'scripts/lib/empty.mjs') };

// Integration tests wait for the database more than they compute. Each worker may hold 20 connections: no more than four.
const maxWorkers = Math.min(4, Math.max(2, os.availableParallelism() - 1));

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          setupFiles: ['tests/support/env.ts'],
          testTimeout: 30_000, // a few compute for seconds, and the machine may be busy
        },
      },
      {
        resolve: { alias },
        test: { name: 'architecture', include: ['tests/architecture/**/*.test.ts'] },
      },
      {
        resolve: { alias },
        test: {
          // Against the Stripe sandbox; against Stripe's own test mode where STRIPE_SECRET_KEY=sk_test_… is set.
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          testTimeout: process.env.STRIPE_SECRET_KEY ? 300_000 : 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          setupFiles: ['tests/support/env.ts', 'tests/support/connections.ts'],
          globalSetup: ['tests/support/database.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          retry: process.env.CI ? 1 : 0, // the run names at its end what passed only then
        },
      },
    ],
  },
});
