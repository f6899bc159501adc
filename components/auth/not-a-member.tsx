import { MessagePage } from '@/components/shell/message-page';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { Button } from '@/components/ui/button';
import type { Viewer } from '@/lib/auth/schema';

/** The whole page a signed-in person sees on a workspace that is not theirs. */
export function NotAMember({
  tenantName,
  viewer,
  workspacesUrl,
}: {
  tenantName: string;
  viewer: Viewer;
  workspacesUrl: string;
}) {
  return (
    <MessagePage
      title={`You are not a member of ${tenantName}`}
      description={
        <>
          You are signed in as <strong className="font-medium text-foreground">{viewer.email}</strong>. Ask an
          admin of {tenantName} to invite this address, or sign in with another one.
        </>
      }
      actions={
        <>
          <Button asChild>
            <a href={workspacesUrl}>Go to my workspaces</a>
          </Button>
          <SignOutButton>Sign in as someone else</SignOutButton>
        </>
      }
    />
  );
}
