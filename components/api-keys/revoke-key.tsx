'use client';

import { useRouter } from 'next/navigation';
import { toast } from 'sonner';
import { HEADING_ID } from '@/components/api-keys/key-state';
import { type Outcome, TypedConfirmation } from '@/components/forms/typed-confirmation';
import { Button } from '@/components/ui/button';
import { revokeApiKey } from '@/lib/api-keys/actions';

/** A button that revokes a key, once its name has been typed. */
export function RevokeKey({ id, name }: { id: string; name: string }) {
  const router = useRouter();

  async function revoke(): Promise<Outcome> {
    const result = await revokeApiKey({ id });
    if (!result.ok) return { done: false, failure: result.error.message };
    toast.success(`“${name}” is revoked.`);
    router.refresh();
    return { done: true };
  }

  return (
    <TypedConfirmation
      trigger={
        <Button type="button" variant="outline" size="sm" className="text-destructive hover:text-destructive">
          Revoke<span className="sr-only"> {name}</span>
        </Button>
      }
      title={`Revoke “${name}”?`}
      description="Requests with it are refused at once. This cannot be undone: what uses the key needs a new one."
      label="Type the key’s name to confirm"
      expected={name}
      exact
      mistake="That is not its name. Capital letters count."
      verb="Revoke key"
      doing="Revoking…"
      unreachable="The server could not be reached. Check your connection and try again."
      onConfirm={revoke}
      focusAfter={HEADING_ID} // the row, and the button with it, is about to leave the list
    />
  );
}
