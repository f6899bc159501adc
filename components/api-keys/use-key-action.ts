'use client';

import { useRef, useState } from 'react';
import { describeUnreached } from '@/components/forms/describe-unreached';
import type { ActionResult } from '@/lib/http/action-result';

export type Failure = { message: string; requestId?: string };

/**
 * Runs an action for a form: once at a time, with what it found wrong at each field, and what went wrong with the whole.
 * `fields` are those that the form shows errors at; everything else is told as a failure.
 */
export function useKeyAction<I, T>(
  act: (input: I) => Promise<ActionResult<T>>,
  options: { fields?: readonly string[]; onPending: (pending: boolean) => void; onDone: (data: T) => void },
) {
  const busy = useRef(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<Failure | null>(null);

  /** Answers the fields in which something is wrong. */
  async function submit(input: I): Promise<string[]> {
    if (busy.current) return [];
    busy.current = true;
    options.onPending(true);
    setFailure(null);
    setErrors({});
    let wrong: Record<string, string> = {};
    try {
      const result = await act(input);
      if (result.ok) options.onDone(result.data);
      else {
        const { message, requestId, issues, code } = result.error;
        const known = issues.flatMap((issue) => {
          const field = issue.path.split('[')[0] ?? '';
          return options.fields?.includes(field) ? [[field, issue.message] as const] : [];
        });
        wrong = Object.fromEntries(known);
        if (known.length === 0) setFailure({ message, ...(code === 'internal' && { requestId }) });
      }
    } catch (error) {
      const otherwise = 'The server could not be reached. Reload the page to see whether it was done.';
      setFailure({ message: describeUnreached(error, otherwise) });
    }
    setErrors(wrong);
    busy.current = false;
    options.onPending(false);
    return Object.keys(wrong);
  }

  return { submit, errors, setErrors, failure };
}
