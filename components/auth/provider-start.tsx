'use client';

import { Loader2Icon } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { ProviderIcon } from '@/components/auth/provider-icon';
import { beginProviderSignIn } from '@/components/auth/sign-in';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';

/**
 * Goes on to a provider by itself. This page takes no place in the browser's history, or Back would lead to the provider
 * again. When the way is barred there is a button to try again, and the way to the others.
 */
export function ProviderStart({
  id,
  name,
  next,
  signInUrl,
}: {
  id: string;
  name: string;
  /** Where the sign-in ends. */
  next: string;
  /** The page with all ways in. */
  signInUrl: string;
}) {
  const busy = useRef(false);
  const [failed, setFailed] = useState(false);

  const begin = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    setFailed(false);
    const url = await beginProviderSignIn(id, next);
    if (url) {
      window.location.replace(url);
      return; // stays busy: the browser is leaving
    }
    busy.current = false;
    setFailed(true);
  }, [id, next]);

  useEffect(() => {
    void begin();
  }, [begin]);

  return (
    <>
      <CardHeading title={`Sign in with ${name}`}>
        {failed ? 'The sign-in could not begin.' : `You are being taken to ${name}.`}
      </CardHeading>
      <div className="flex flex-col gap-4">
        {failed && (
          <FormError>The server could not be reached. Check your connection and try again.</FormError>
        )}
        <Button
          type="button"
          className="w-full aria-disabled:opacity-50"
          aria-disabled={!failed}
          onClick={() => void begin()}
        >
          {failed ? (
            <ProviderIcon id={id} className="size-4" />
          ) : (
            <Loader2Icon aria-hidden="true" className="animate-spin" />
          )}
          {failed ? `Continue to ${name}` : `Taking you to ${name}…`}
        </Button>
        <Button asChild variant="outline" className="w-full">
          <a href={signInUrl}>Other ways to sign in</a>
        </Button>
      </div>
    </>
  );
}
