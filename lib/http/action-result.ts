import type { Issue } from '@/lib/errors';

/** What every server action answers. Actions never throw at the browser: an error is a value with a sentence to show. */
export type ActionResult<T> =
  | { ok: true; data: T }
  | { ok: false; error: { code: string; message: string; requestId: string; issues: Issue[] } };
