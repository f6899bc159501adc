'use client';

import { useEffect, useState } from 'react';
import { slugIssue } from '@/lib/tenants/rules';
import { checkSlug } from '@/lib/workflows/sign-up/actions';

export type SlugState =
  | { kind: 'idle' }
  | { kind: 'checking' }
  | { kind: 'available' }
  | { kind: 'refused'; reason: string }
  | { kind: 'unknown' };

const DELAY_MS = 250;

/**
 * Whether a subdomain can be had, asked a quarter of a second after the last keystroke; older answers are dropped. `ask`
 * is a server action: who has a workspace already asks another one than who signs up.
 */
export function useSlugCheck(slug: string, ask: typeof checkSlug = checkSlug): SlugState {
  const [answer, setAnswer] = useState<{ slug: string; state: SlugState }>({
    slug: '',
    state: { kind: 'idle' },
  });

  useEffect(() => {
    if (slug === '') return;
    let current = true;
    const settle = (state: SlugState) => current && setAnswer({ slug, state });
    const timer = setTimeout(async () => {
      const issue = slugIssue(slug);
      if (issue) {
        settle({ kind: 'refused', reason: issue });
        return;
      }
      try {
        const result = await ask({ slug });
        if (!result.ok) settle({ kind: 'unknown' });
        else if (result.data.available) settle({ kind: 'available' });
        else settle({ kind: 'refused', reason: result.data.reason ?? 'This name is taken.' });
      } catch {
        settle({ kind: 'unknown' });
      }
    }, DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [slug, ask]);

  if (slug === '') return { kind: 'idle' };
  return answer.slug === slug ? answer.state : { kind: 'checking' };
}
