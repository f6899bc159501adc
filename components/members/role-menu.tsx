'use client';

import { ChevronDownIcon, Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { describeUnreached } from '@/components/forms/describe-unreached';
import type { Outcome } from '@/components/forms/typed-confirmation';
import { Confirmation } from '@/components/members/confirmation';
import { HEADING_ID } from '@/components/members/heading';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import { type Role, roles } from '@/lib/auth/schema';
import { changeRole } from '@/lib/members/actions';
import { roleSummaries } from '@/lib/members/rules';
import type { MemberRow } from '@/lib/members/schema';

/**
 * A member's role, to be changed by choosing another. A menu and not a select, which would change it at every arrow key.
 * Giving up one's own admin role is asked about once more.
 */
export function RoleMenu({ member, isSelf }: { member: MemberRow; isSelf: boolean }) {
  const router = useRouter();
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [asking, setAsking] = useState<Role | null>(null);

  async function change(role: Role): Promise<Outcome> {
    const result = await changeRole({ userId: member.userId, role });
    if (!result.ok) return { done: false, failure: result.error.message };
    toast.success(
      isSelf ? `You are ${withArticle(role)} now.` : `${member.name} is ${withArticle(role)} now.`,
    );
    router.refresh();
    return { done: true };
  }

  async function choose(role: Role) {
    if (busy.current || role === member.role) return;
    if (isSelf && member.role === 'admin') {
      setAsking(role);
      return;
    }
    busy.current = true;
    setPending(true);
    const outcome = await change(role).catch(
      (error: unknown): Outcome => ({ done: false, failure: describeUnreached(error) }),
    );
    if (!outcome.done) toast.error(outcome.failure);
    busy.current = false;
    setPending(false);
  }

  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button
            type="button"
            variant="outline"
            size="sm"
            className="w-27 justify-between capitalize aria-disabled:opacity-50"
            aria-label={`Role of ${member.name}: ${member.role}`}
            aria-disabled={pending}
          >
            {member.role}
            {pending ? (
              <Loader2Icon aria-hidden="true" className="animate-spin" />
            ) : (
              <ChevronDownIcon aria-hidden="true" className="opacity-60" />
            )}
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="start" className="w-72 max-w-[calc(100vw-2rem)]">
          <DropdownMenuRadioGroup
            value={member.role}
            onValueChange={(value) => {
              const role = roles.find((one) => one === value);
              if (role) void choose(role);
            }}
          >
            {roles.map((role) => (
              <DropdownMenuRadioItem key={role} value={role} className="items-start">
                <span className="min-w-0">
                  <span className="block font-medium capitalize">{role}</span>
                  <span className="block text-xs text-muted-foreground text-pretty">
                    {roleSummaries[role]}
                  </span>
                </span>
              </DropdownMenuRadioItem>
            ))}
          </DropdownMenuRadioGroup>
        </DropdownMenuContent>
      </DropdownMenu>
      <Confirmation
        open={asking !== null}
        onClose={() => setAsking(null)}
        title="Give up being an admin?"
        description={`You will be ${withArticle(asking ?? 'viewer')}, from your next click on, and cannot undo it yourself: another admin has to.`}
        verb="Give it up"
        doing="Changing…"
        onConfirm={() => change(asking ?? member.role)}
        focusAfter={HEADING_ID}
      />
    </>
  );
}

function withArticle(role: Role): string {
  return role === 'viewer' ? 'a viewer' : `an ${role}`;
}
