import { config } from 'zod/v4/core';

// Runs in the browser before the page does. zod would try whether it may compile code, which our policy forbids, and the
// browser would report each try.
config({ jitless: true });
