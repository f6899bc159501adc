'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';
import { acceptInvitation } from '@/lib/workflows/invitation-acceptance/actions';
import type { AcceptInvitationInput } from '@/lib/workflows/invitation-acceptance/schema';

/** Accepts an invitation as the signed-in person, and goes on to the workspace. */
export function AcceptButton({ by, workspace }: { by: AcceptInvitationInput; workspace: string }) {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function accept() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await acceptInvitation(by);
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
    <div className="flex flex-col gap-4">
      {failure && <FormError>{failure}</FormError>}
      <Button
        type="button"
        className="h-auto min-h-9 w-full whitespace-normal wrap-anywhere aria-disabled:opacity-50"
        aria-disabled={pending}
        onClick={() => void accept()}
      >
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? 'Joining…' : `Join ${workspace}`}
      </Button>
      <Button asChild variant="outline" className="w-full">
        <a href="/">Not now, go to my workspaces</a>
      </Button>
    </div>
  );
}
