'use client';

import { Loader2Icon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { describeUnreached } from '@/components/forms/describe-unreached';
import type { Outcome } from '@/components/forms/typed-confirmation';
import { Confirmation } from '@/components/members/confirmation';
import { HEADING_ID } from '@/components/members/heading';
import { Button } from '@/components/ui/button';
import { resendInvitation, revokeInvitation } from '@/lib/workflows/invitations/actions';
import type { InvitationRow } from '@/lib/workflows/invitations/schema';

/** Mails an invitation again, with a new link. */
export function ResendInvitation({ invitation }: { invitation: InvitationRow }) {
  const router = useRouter();
  const busy = useRef(false);
  const [pending, setPending] = useState(false);

  async function resend() {
    if (busy.current) return;
    busy.current = true;
    setPending(true);
    try {
      const result = await resendInvitation({ id: invitation.id });
      if (result.ok) {
        toast.success(`Sent to ${invitation.email} again. The link of the older mail is dead.`);
        router.refresh();
      } else toast.error(result.error.message);
    } catch (error) {
      toast.error(describeUnreached(error));
    }
    busy.current = false;
    setPending(false);
  }

  return (
    <Button
      type="button"
      variant="outline"
      size="sm"
      className="aria-disabled:opacity-50"
      aria-disabled={pending}
      onClick={() => void resend()}
    >
      {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
      Send again<span className="sr-only"> to {invitation.email}</span>
    </Button>
  );
}

/** Takes an invitation back, once that was confirmed. */
export function RevokeInvitation({ invitation }: { invitation: InvitationRow }) {
  const router = useRouter();
  const [asking, setAsking] = useState(false);

  async function revoke(): Promise<Outcome> {
    const result = await revokeInvitation({ id: invitation.id });
    if (!result.ok) return { done: false, failure: result.error.message };
    toast.success(`The invitation of ${invitation.email} is taken back.`);
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
        Revoke<span className="sr-only"> the invitation of {invitation.email}</span>
      </Button>
      <Confirmation
        open={asking}
        onClose={() => setAsking(false)}
        title="Take this invitation back?"
        description={`The link that ${invitation.email} got stops working, and its seat is free again.`}
        verb="Take it back"
        doing="Taking it back…"
        onConfirm={revoke}
        focusAfter={HEADING_ID}
      />
    </>
  );
}
