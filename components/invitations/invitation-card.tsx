import { CardHeading } from '@/components/auth/card-heading';
import { AcceptButton } from '@/components/invitations/accept-button';
import { JoinForm } from '@/components/invitations/join-form';
import { SwitchPerson } from '@/components/invitations/switch-person';
import { Button } from '@/components/ui/button';
import type { Viewer } from '@/lib/auth/schema';
import { UNUSABLE } from '@/lib/workflows/invitation-acceptance/rules';
import type { AcceptInvitationInput, OpenedInvitation } from '@/lib/workflows/invitation-acceptance/schema';

/** An invitation as who was invited meets it, whoever is signed in. Stands in an AuthLayout. */
export function InvitationCard({
  opened,
  by,
  viewer,
}: {
  opened: OpenedInvitation;
  /** How the invitation is named when it is accepted. */
  by: AcceptInvitationInput;
  viewer: Viewer | null;
}) {
  if (opened.kind === 'wait')
    return (
      <CardHeading title="Too many tries">
        Wait a minute, then open the link of the newest mail again.
      </CardHeading>
    );
  if (opened.kind === 'unusable')
    return (
      <>
        <CardHeading title="This invitation cannot be used">{UNUSABLE}</CardHeading>
        <Button asChild className="w-full">
          <a href="/">Go to my workspaces</a>
        </Button>
      </>
    );

  const { workspace, host, role, invitedBy, email, hasAccount } = opened.invitation;
  const isOther = viewer !== null && viewer.email !== email;
  return (
    <>
      <CardHeading title={`Join ${workspace}`}>
        {invitedBy ?? 'An admin'} invites <Strong>{email}</Strong> to the workspace at {host}, as{' '}
        <Strong>{role}</Strong>.
      </CardHeading>
      {isOther ? (
        <SwitchPerson signedInAs={viewer.email} invited={email} />
      ) : viewer ? (
        <AcceptButton by={by} workspace={workspace} />
      ) : hasAccount ? (
        <SignInFirst by={by} />
      ) : (
        'token' in by && <JoinForm token={by.token} email={email} workspace={workspace} />
      )}
    </>
  );
}

function SignInFirst({ by }: { by: AcceptInvitationInput }) {
  const path = 'token' in by ? `/invitations/accept?token=${by.token}` : `/invitations/${by.id}`;
  return (
    <>
      <p className="mb-4 text-sm text-muted-foreground text-pretty">
        There is an account with this address. Sign in, and you come back here.
      </p>
      <Button asChild className="w-full">
        <a href={`/login?next=${encodeURIComponent(path)}`}>Sign in to accept</a>
      </Button>
    </>
  );
}

function Strong({ children }: { children: string }) {
  return <strong className="font-medium text-foreground">{children}</strong>;
}
