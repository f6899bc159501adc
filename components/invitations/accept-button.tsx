'use client';

import { LeaveButton } from '@/components/forms/leave-button';
import { Button } from '@/components/ui/button';
import { acceptInvitation } from '@/lib/workflows/invitation-acceptance/actions';
import type { AcceptInvitationInput } from '@/lib/workflows/invitation-acceptance/schema';

/** Accepts an invitation as the signed-in person, and goes on to the workspace. */
export function AcceptButton({ by, workspace }: { by: AcceptInvitationInput; workspace: string }) {
  return (
    <div className="flex flex-col gap-4">
      <LeaveButton
        act={() => acceptInvitation(by)}
        doing="Joining…"
        className="h-auto min-h-9 w-full whitespace-normal wrap-anywhere"
      >
        Join {workspace}
      </LeaveButton>
      <Button asChild variant="outline" className="w-full">
        <a href="/">Not now, go to my workspaces</a>
      </Button>
    </div>
  );
}
