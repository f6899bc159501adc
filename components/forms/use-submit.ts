'use client';

import { useRef, useState } from 'react';
import { describeUnreached } from '@/components/forms/describe-unreached';
import type { ActionResult } from '@/lib/http/action-result';

/**
 * What forms and buttons share: one submit at a time, the server's sentences at their fields, and the rest as the form's
 * failure. `run` answers what the action has, or null when it did not do it; with `leaving` it stays busy after a success,
 * because the browser is about to go elsewhere.
 */
export function useSubmit() {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);

  async function run<T>(call: () => Promise<ActionResult<T>>, { leaving = false } = {}): Promise<T | null> {
    if (busy.current) return null;
    busy.current = true;
    setPending(true);
    setFailure(null);
    setErrors({});
    const result = await call().catch((thrown: unknown) => ({
      ok: false as const,
      error: { issues: [], message: describeUnreached(thrown) },
    }));
    if (leaving && result.ok) return result.data;
    busy.current = false;
    setPending(false);
    if (result.ok) return result.data;
    const { issues, message } = result.error;
    if (issues.length > 0)
      setErrors(Object.fromEntries(issues.map((issue) => [issue.path, issue.message]).reverse()));
    else setFailure(message);
    return null;
  }

  return {
    pending,
    errors,
    failure,
    run,
    /** Shows what the browser itself has found wrong. */
    refuse: (found: Record<string, string>) => {
      setFailure(null);
      setErrors(found);
    },
    /** The field is being changed: its sentence goes. */
    clear: (name: string) => setErrors(({ [name]: _, ...rest }) => rest),
  };
}

/** The first sentence for each field of what a schema has refused. */
export function toErrors(
  issues: readonly { path: PropertyKey[]; message: string }[],
): Record<string, string> {
  return Object.fromEntries(
    issues.map(({ path, message }) => [path.map(String).join('.'), message]).reverse(),
  );
}
