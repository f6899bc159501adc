import { LocalTime } from '@/components/data/local-time';
import { LeaveWorkspace, RemoveMember } from '@/components/members/end-membership';
import { RoleBadge } from '@/components/members/role-badge';
import { RoleMenu } from '@/components/members/role-menu';
import { Badge } from '@/components/ui/badge';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { MemberRow } from '@/lib/members/schema';

type ListProps = {
  members: MemberRow[];
  selfId: string;
  workspace: string;
  canChangeRoles: boolean;
  canRemove: boolean;
};

/** Members as table rows, and as cards on screens too narrow for the table. */
export function MemberList(props: ListProps) {
  const { members, selfId } = props;
  return (
    <>
      <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
        <Table className="table-fixed" aria-label="Members">
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
              <TableHead>Person</TableHead>
              <TableHead className="w-34">Role</TableHead>
              <TableHead className="w-38">Joined</TableHead>
              <TableHead className="w-38">Last active</TableHead>
              <TableHead className="w-28">
                <span className="sr-only">Actions</span>
              </TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {members.map((member) => (
              <TableRow key={member.userId} className="[&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]">
                <TableCell>
                  <Person member={member} isSelf={member.userId === selfId} />
                </TableCell>
                <TableCell>
                  <RoleOf member={member} {...props} />
                </TableCell>
                <TableCell className="num text-muted-foreground">
                  <LocalTime iso={member.joinedAt} />
                </TableCell>
                <TableCell className="num text-muted-foreground">
                  <LastActive member={member} />
                </TableCell>
                <TableCell className="text-right">
                  <ActionOf member={member} {...props} />
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
      <ul className="flex flex-col gap-2 md:hidden" aria-label="Members">
        {members.map((member) => (
          <li key={member.userId} className="rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]">
            <Person member={member} isSelf={member.userId === selfId} />
            <p className="num mt-2 text-xs text-muted-foreground">
              Joined <LocalTime iso={member.joinedAt} />
              <span className="block">
                Last active: <LastActive member={member} />
              </span>
            </p>
            <div className="mt-2.5 flex items-center justify-between gap-3">
              <RoleOf member={member} {...props} />
              <ActionOf member={member} {...props} />
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Person({ member, isSelf }: { member: MemberRow; isSelf: boolean }) {
  return (
    <>
      <p className="flex items-center gap-2 text-sm font-medium">
        <span className="min-w-0 truncate" title={member.name}>
          {member.name}
        </span>
        {isSelf && <Badge variant="secondary">You</Badge>}
      </p>
      <p className="truncate text-xs text-muted-foreground" title={member.email}>
        {member.email}
      </p>
    </>
  );
}

function RoleOf({ member, selfId, canChangeRoles }: ListProps & { member: MemberRow }) {
  return canChangeRoles ? (
    <RoleMenu member={member} isSelf={member.userId === selfId} />
  ) : (
    <RoleBadge role={member.role} />
  );
}

function ActionOf({ member, selfId, workspace, canRemove }: ListProps & { member: MemberRow }) {
  if (member.userId === selfId) return <LeaveWorkspace workspace={workspace} />;
  return canRemove ? <RemoveMember member={member} workspace={workspace} /> : null;
}

function LastActive({ member }: { member: MemberRow }) {
  return member.lastActiveAt ? <LocalTime iso={member.lastActiveAt} /> : 'Not yet';
}
