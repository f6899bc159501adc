import { MailWarningIcon, UsersIcon } from 'lucide-react';
import { InviteButton, InviteScope } from '@/components/invitations/invite-dialog';
import { PendingInvitations } from '@/components/invitations/pending-invitations';
import { HEADING_ID } from '@/components/members/heading';
import { MemberList } from '@/components/members/member-list';
import { SeatMeter } from '@/components/members/seat-meter';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import type { MemberRow } from '@/lib/members/schema';
import { isFull } from '@/lib/workflows/invitations/rules';
import type { InvitingState } from '@/lib/workflows/invitations/schema';

/** Who belongs to the workspace and who is asked to. What a role may not do is not offered to it. */
export function MembersView({
  members,
  inviting,
  selfId,
  workspace,
  may,
  plansUrl,
  accountUrl,
}: {
  members: MemberRow[];
  inviting: InvitingState;
  selfId: string;
  workspace: string;
  may: { invite: boolean; changeRoles: boolean; remove: boolean };
  plansUrl: string;
  accountUrl: string;
}) {
  const { invitations, seats, isVerified } = inviting;
  const canInviteNow = may.invite && isVerified && !isFull(seats);
  return (
    <InviteScope
      members={members.map(({ email }) => email)}
      invited={invitations.filter(({ expired }) => !expired).map(({ email }) => email)}
      seats={{ used: seats.used, limit: seats.limit }}
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 id={HEADING_ID} tabIndex={-1} className="text-xl font-semibold tracking-tight outline-none">
            Members
          </h1>
          <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
            Who can open this workspace, and what they may do here.
          </p>
        </div>
        {canInviteNow && <InviteButton>Invite people</InviteButton>}
      </div>
      <div className="mt-4 flex flex-col gap-4">
        <SeatMeter seats={seats} canInvite={may.invite} plansUrl={plansUrl} />
        {may.invite && !isVerified && (
          <Alert role="note" className="border-traffic-amber/40 bg-traffic-amber-soft">
            <MailWarningIcon aria-hidden="true" className="text-traffic-amber" />
            <AlertTitle className="line-clamp-none text-traffic-amber">
              Confirm your e-mail address to invite people
            </AlertTitle>
            <AlertDescription className="text-foreground">
              Invitations are sent in your name.{' '}
              <a href={accountUrl} className="font-medium underline underline-offset-4">
                Go to your account
              </a>
            </AlertDescription>
          </Alert>
        )}
        <MemberList
          members={members}
          selfId={selfId}
          workspace={workspace}
          canChangeRoles={may.changeRoles}
          canRemove={may.remove}
        />
        {invitations.length > 0 && (
          <PendingInvitations invitations={invitations} canManage={may.invite} isVerified={isVerified} />
        )}
        {invitations.length === 0 && members.length === 1 && canInviteNow && <OnlyYou />}
      </div>
    </InviteScope>
  );
}

function OnlyYou() {
  return (
    <div className="flex flex-col items-center rounded-lg border border-dashed px-4 py-10 text-center">
      <UsersIcon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">Only you so far</p>
      <p className="mt-1 max-w-md text-sm text-muted-foreground text-pretty">
        Invite the people who look into answers with you. They get a mail with a link that works for seven
        days.
      </p>
      <div className="mt-4">
        <InviteButton>Invite people</InviteButton>
      </div>
    </div>
  );
}
