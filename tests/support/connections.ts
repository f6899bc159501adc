import { afterAll, inject } from 'vitest';
import { closePoolsWithin } from '@/db/client';

// Before a test file is loaded: its pools lead to the database that database.ts made. After it: none is left open.
process.env.DATABASE_URL = inject('databaseUrl');

afterAll(() => closePoolsWithin(60)); // one that is just being opened takes long where everybody else is at work
