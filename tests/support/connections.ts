import { afterAll, inject } from 'vitest';
import { closePools } from '@/db/client';

// Before a test file is loaded: its pools lead to the database that database.ts made. After it: none is left open.
process.env.DATABASE_URL = inject('databaseUrl');

afterAll(closePools);
