'use client';

import { toast } from 'sonner';
import { HEADING_ID } from '@/components/api-keys/key-state';
import { type Outcome, TypedConfirmation } from '@/components/forms/typed-confirmation';
import { revokeApiKey } from '@/lib/api-keys/actions';

/** The question that a key's name has to be typed into before it is revoked. */
export function RevokeKey({
  id,
  name,
  shown,
  onShown,
  onRevoked,
}: {
  id: string;
  name: string;
  shown: boolean;
  onShown: (shown: boolean) => void;
  onRevoked: () => void;
}) {
  async function revoke(): Promise<Outcome> {
    const result = await revokeApiKey({ id });
    if (!result.ok) return { done: false, failure: result.error.message };
    toast.success(`“${name}” is revoked.`);
    onRevoked();
    return { done: true };
  }

  return (
    <TypedConfirmation
      shown={shown}
      onShown={onShown}
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
