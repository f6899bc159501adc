import { ClockAlertIcon, MailIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import { ResendInvitation, RevokeInvitation } from '@/components/invitations/invitation-actions';
import { RoleBadge } from '@/components/members/role-badge';
import { Badge } from '@/components/ui/badge';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { InvitationRow } from '@/lib/workflows/invitations/schema';

/** Invitations that nobody has accepted or taken back; those whose link works no more say so. */
export function PendingInvitations({
  invitations,
  canManage,
  isVerified,
}: {
  invitations: InvitationRow[];
  canManage: boolean;
  /** Whether mails may be sent in the name of who looks. */
  isVerified: boolean;
}) {
  return (
    <section aria-labelledby="pending-invitations" className="mt-2">
      <h2 id="pending-invitations" className="num text-base font-semibold tracking-tight">
        Pending invitations ({invitations.length})
      </h2>
      <div className="mt-2 hidden overflow-hidden rounded-lg border bg-card md:block">
        <Table className="table-fixed" aria-labelledby="pending-invitations">
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
              <TableHead>Address</TableHead>
              <TableHead className="w-24">Role</TableHead>
              <TableHead className="w-26">Status</TableHead>
              <TableHead className="w-52">Sent</TableHead>
              {canManage && (
                <TableHead className="w-48">
                  <span className="sr-only">Actions</span>
                </TableHead>
              )}
            </TableRow>
          </TableHeader>
          <TableBody>
            {invitations.map((invitation) => (
              <TableRow key={invitation.id} className="[&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]">
                <TableCell>
                  <p className="truncate text-sm font-medium" title={invitation.email}>
                    {invitation.email}
                  </p>
                </TableCell>
                <TableCell>
                  <RoleBadge role={invitation.role} />
                </TableCell>
                <TableCell>
                  <State expired={invitation.expired} />
                </TableCell>
                <TableCell className="whitespace-normal">
                  <Times invitation={invitation} />
                </TableCell>
                {canManage && (
                  <TableCell>
                    <Actions invitation={invitation} isVerified={isVerified} />
                  </TableCell>
                )}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
      <ul className="mt-2 flex flex-col gap-2 md:hidden" aria-labelledby="pending-invitations">
        {invitations.map((invitation) => (
          <li key={invitation.id} className="rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]">
            <div className="flex items-start justify-between gap-3">
              <p className="min-w-0 text-sm font-medium wrap-anywhere">{invitation.email}</p>
              <RoleBadge role={invitation.role} />
            </div>
            <div className="mt-2 flex items-start justify-between gap-3">
              <Times invitation={invitation} />
              <State expired={invitation.expired} />
            </div>
            {canManage && (
              <div className="mt-2.5">
                <Actions invitation={invitation} isVerified={isVerified} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function State({ expired }: { expired: boolean }) {
  return expired ? (
    <Badge className="bg-traffic-amber-soft text-traffic-amber">
      <ClockAlertIcon aria-hidden="true" />
      Expired
    </Badge>
  ) : (
    <Badge variant="secondary">
      <MailIcon aria-hidden="true" />
      Sent
    </Badge>
  );
}

function Times({ invitation }: { invitation: InvitationRow }) {
  const { sentAt, invitedBy, expiresAt, expired } = invitation;
  return (
    <span className="num block min-w-0 text-muted-foreground">
      <LocalTime iso={sentAt} />
      {invitedBy && <span className="block text-xs wrap-anywhere">by {invitedBy}</span>}
      <span className="block text-xs">
        {expired ? 'expired' : 'expires'} <LocalTime iso={expiresAt} />
      </span>
    </span>
  );
}

function Actions({ invitation, isVerified }: { invitation: InvitationRow; isVerified: boolean }) {
  return (
    <div className="flex justify-end gap-2">
      {isVerified && <ResendInvitation invitation={invitation} />}
      <RevokeInvitation invitation={invitation} />
    </div>
  );
}
