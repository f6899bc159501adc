'use client';

import { CardHeading } from '@/components/auth/card-heading';
import { LeaveButton } from '@/components/forms/leave-button';
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
  return (
    <>
      <CardHeading title={`Is ${name} yours?`}>
        Somebody made this workspace at {host} with {viewer.email}. If it was you, confirm it, and you are its
        admin. If it was not, leave this page: the workspace is deleted after a week.
      </CardHeading>
      <div className="flex flex-col gap-4">
        <LeaveButton act={() => confirmWorkspace({ tenantId: id })} doing="Confirming…" className="w-full">
          Yes, it is mine
        </LeaveButton>
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
