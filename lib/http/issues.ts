import type { z } from 'zod';
import type { Issue } from '@/lib/errors';

/** zod's findings as clients see them: `retrieved_chunks[2].score` and what is expected there. At most 50. */
export function toIssues(error: z.ZodError): Issue[] {
  return error.issues.slice(0, 50).map((issue) => ({ path: toPath(issue.path), message: issue.message }));
}

function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}
