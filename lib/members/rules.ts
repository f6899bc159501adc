import type { Role } from '@/lib/auth/schema';

/** What a role is for, in a sentence: where somebody is asked to choose one. */
export const roleSummaries = {
  admin: 'Everything: people, keys, plan and settings.',
  analyst: 'Sends and reads traces, and makes API keys.',
  viewer: 'Reads traces and figures, and changes nothing.',
} as const satisfies Record<Role, string>;

/** Why an admin may not go: said wherever the last one is asked to leave, or is removed or demoted. */
export const LAST_ADMIN = 'This is the last admin. Make somebody else an admin first.';
