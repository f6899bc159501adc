'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import type { Outcome } from '@/components/forms/typed-confirmation';
import { Confirmation } from '@/components/members/confirmation';
import { HEADING_ID } from '@/components/members/heading';
import { Button } from '@/components/ui/button';
import type { MemberRow } from '@/lib/members/schema';
import { leaveWorkspace, removeMember } from '@/lib/workflows/removal/actions';

/** A button that takes a member out of the workspace, once that was confirmed. */
export function RemoveMember({ member, workspace }: { member: MemberRow; workspace: string }) {
  const router = useRouter();
  const [asking, setAsking] = useState(false);

  async function remove(): Promise<Outcome> {
    const result = await removeMember({ userId: member.userId });
    if (!result.ok) return { done: false, failure: result.error.message };
    toast.success(`${member.name} is removed.`);
    router.refresh();
    return { done: true };
  }

  return (
    <>
      <Button
        type="button"
        variant="outline"
        size="sm"
        className="text-destructive hover:text-destructive"
        onClick={() => setAsking(true)}
      >
        Remove<span className="sr-only"> {member.name}</span>
      </Button>
      <Confirmation
        open={asking}
        onClose={() => setAsking(false)}
        title={`Remove ${member.name}?`}
        description={`${member.email} cannot open ${workspace} from now on, and the API keys that they made are revoked. Service keys go on working. You can invite them again.`}
        verb="Remove"
        doing="Removing…"
        onConfirm={remove}
        focusAfter={HEADING_ID}
      />
    </>
  );
}

/** A button with which one leaves the workspace, once that was confirmed. */
export function LeaveWorkspace({ workspace }: { workspace: string }) {
  const [asking, setAsking] = useState(false);

  async function leave(): Promise<Outcome> {
    const result = await leaveWorkspace({});
    if (!result.ok) return { done: false, failure: result.error.message };
    window.location.assign(result.data.url);
    return { done: true, leaving: true };
  }

  return (
    <>
      <Button type="button" variant="outline" size="sm" onClick={() => setAsking(true)}>
        Leave<span className="sr-only"> {workspace}</span>
      </Button>
      <Confirmation
        open={asking}
        onClose={() => setAsking(false)}
        title={`Leave ${workspace}?`}
        description="You cannot open it from now on, and the API keys that you made are revoked. To come back, you need an invitation."
        verb="Leave"
        doing="Leaving…"
        onConfirm={leave}
        focusAfter={HEADING_ID}
      />
    </>
  );
}
