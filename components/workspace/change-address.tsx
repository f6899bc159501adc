'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { SlugField } from '@/components/auth/slug-field';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';
import { changeSlug, checkOwnSlug } from '@/lib/tenants/actions';
import { changeSlugInput } from '@/lib/tenants/schema';

/** The workspace's subdomain, with its availability as one types. Once changed, the browser goes on at the new address. */
export function ChangeAddress({ slug, rootDomain }: { slug: string; rootDomain: string }) {
  const busy = useRef(false);
  const [typed, setTyped] = useState(slug);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const [failure, setFailure] = useState<string | null>(null);
  const isSame = typed === slug;

  async function submit() {
    if (busy.current || isSame) return;
    setFailure(null);
    const parsed = changeSlugInput.safeParse({ slug: typed });
    if (!parsed.success) {
      setError(parsed.error.issues[0]?.message ?? 'This name cannot be had.');
      return;
    }
    busy.current = true;
    setPending(true);
    try {
      const result = await changeSlug(parsed.data);
      if (result.ok) {
        window.location.assign(new URL('/settings/workspace', result.data.url));
        return; // stays busy: the browser is leaving
      }
      const issue = result.error.issues.find(({ path }) => path === 'slug');
      if (issue) setError(issue.message);
      else setFailure(result.error.message);
    } catch (error) {
      setFailure(
        describeUnreached(
          error,
          'The server could not be reached. Reload the page to see whether the address was changed.',
        ),
      );
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <SlugField
        value={typed}
        rootDomain={rootDomain}
        error={error}
        own={slug}
        ask={checkOwnSlug}
        onChange={(value) => {
          setTyped(value);
          setError(undefined);
        }}
      />
      {failure && <FormError>{failure}</FormError>}
      <Button type="submit" className="self-start aria-disabled:opacity-50" aria-disabled={pending || isSame}>
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? 'Moving…' : 'Change address'}
      </Button>
    </form>
  );
}
