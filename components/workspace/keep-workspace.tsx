'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';
import { cancelDeletion } from '@/lib/workflows/deletion/actions';

/** The button that undoes a pending deletion and opens the console. */
export function KeepWorkspace() {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function keep() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await cancelDeletion({});
      if (result.ok) {
        window.location.assign(result.data.url);
        return; // stays busy: the browser is leaving
      }
      setFailure(result.error.message);
    } catch {
      setFailure('The server could not be reached. Check your connection and try again.');
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <>
      {failure && <FormError>{failure}</FormError>}
      <Button
        type="button"
        aria-disabled={pending}
        className="aria-disabled:opacity-50"
        onClick={() => void keep()}
      >
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? 'Keeping it…' : 'Keep this workspace'}
      </Button>
    </>
  );
}
