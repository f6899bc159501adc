'use client';

import { Loader2Icon } from 'lucide-react';
import { useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { FormError } from '@/components/forms/form-error';
import { Button } from '@/components/ui/button';
import type { Viewer } from '@/lib/auth/schema';
import { confirmWorkspace } from '@/lib/workflows/api-sign-up/actions';

/** Asks the signed-in person whether a workspace that was made with their address is theirs. Stands in an AuthLayout. */
export function ConfirmWorkspace({
  id,
  name,
  host,
  viewer,
}: {
  id: string;
  name: string;
  host: string;
  viewer: Viewer;
}) {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function confirm() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    setFailure(null);
    try {
      const result = await confirmWorkspace({ tenantId: id });
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
      <CardHeading title={`Is ${name} yours?`}>
        Somebody made this workspace at {host} with {viewer.email}. If it was you, confirm it, and you are its
        admin. If it was not, leave this page: the workspace is deleted after a week.
      </CardHeading>
      <div className="flex flex-col gap-4">
        {failure && <FormError>{failure}</FormError>}
        <Button
          type="button"
          className="w-full aria-disabled:opacity-50"
          aria-disabled={pending}
          onClick={() => void confirm()}
        >
          {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
          {pending ? 'Confirming…' : 'Yes, it is mine'}
        </Button>
        <Button asChild variant="outline" className="w-full">
          <a href="/">No, go to my workspaces</a>
        </Button>
      </div>
    </>
  );
}

/** What stands there when the workspace is confirmed already, gone, or somebody else's to confirm. */
export function NothingToConfirm({ workspacesUrl }: { workspacesUrl: string }) {
  return (
    <>
      <CardHeading title="Nothing to confirm">
        This workspace is confirmed already, or it was not confirmed in time, or it was made with another
        address than the one you are signed in with.
      </CardHeading>
      <Button asChild className="w-full">
        <a href={workspacesUrl}>Go to my workspaces</a>
      </Button>
    </>
  );
}
