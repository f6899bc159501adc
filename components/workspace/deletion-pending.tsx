import { LocalTime } from '@/components/data/local-time';
import { MessagePage } from '@/components/shell/message-page';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { Button } from '@/components/ui/button';
import { KeepWorkspace } from '@/components/workspace/keep-workspace';
import type { PendingDeletion } from '@/lib/workflows/deletion/schema';

/**
 * The whole page of a workspace whose deletion is pending. An admin sees when the data will be erased and can keep the
 * workspace; everybody else sees only that it is closed. `deletion` is null for them.
 */
export function DeletionPending({
  name,
  deletion,
  isMember,
  signInUrl,
  workspacesUrl,
}: {
  name: string;
  deletion: PendingDeletion | null;
  isMember: boolean;
  signInUrl: string;
  workspacesUrl: string;
}) {
  if (!deletion) {
    return (
      <MessagePage
        title={`${name} is closed`}
        description="This workspace is about to be deleted, and its API keys are refused. One of its admins can still keep it by signing in here."
        actions={
          isMember ? (
            <>
              <Button asChild>
                <a href={workspacesUrl}>Go to my workspaces</a>
              </Button>
              <SignOutButton>Sign in as someone else</SignOutButton>
            </>
          ) : (
            <Button asChild>
              <a href={signInUrl}>Sign in</a>
            </Button>
          )
        }
      />
    );
  }
  const when = (
    <LocalTime iso={deletion.deleteAfter} style="full" className="num font-medium text-foreground" />
  );
  return (
    <MessagePage
      title={deletion.canCancel ? `${name} is about to be deleted` : `${name} is being erased`}
      description={
        deletion.canCancel ? (
          <>
            {deletion.requestedBy ? `${deletion.requestedBy} asked for this. ` : ''}All of its data will be
            erased after {when}. Until then nothing is lost: keep the workspace, and everything works as
            before, its API keys included.
          </>
        ) : (
          <>
            The days of grace ended at {when}. The erasure has begun and cannot be undone. Its receipt comes
            by mail.
          </>
        )
      }
      actions={
        <>
          {deletion.canCancel && <KeepWorkspace />}
          <Button asChild variant="outline">
            <a href={workspacesUrl}>Go to my workspaces</a>
          </Button>
        </>
      }
    />
  );
}
