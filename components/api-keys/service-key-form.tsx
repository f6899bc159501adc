'use client';

import { toast } from 'sonner';
import { KeyForm } from '@/components/api-keys/key-form';
import type { FormProps } from '@/components/api-keys/key-state';
import { Scopes } from '@/components/api-keys/scopes';
import { useKeyAction } from '@/components/api-keys/use-key-action';
import { setServiceKey } from '@/lib/api-keys/actions';

/** Asks whether a key is to be the workspace's own, or its creator's again. */
export function ServiceKeyForm({ apiKey, pending, onPending, onCancel, onDone }: FormProps) {
  const service = !apiKey.isService;
  const who = apiKey.createdBy ?? 'its creator';
  const { submit, failure } = useKeyAction(setServiceKey, {
    onPending,
    onDone: () => {
      toast.success(
        service ? `“${apiKey.name}” is a service key now.` : `“${apiKey.name}” is ${who}’s key again.`,
      );
      onDone();
    },
  });

  return (
    <KeyForm
      title={service ? `Make “${apiKey.name}” a service key?` : `End “${apiKey.name}” as a service key?`}
      description={
        service
          ? `It goes on working when ${who} leaves or changes role. From then on only admins can rename, rotate and revoke it, and it may do all that its scopes say:`
          : `It may then do no more than ${who} may, and ends when ${who} leaves this workspace.`
      }
      verb={service ? 'Make service key' : 'End service key'}
      doing="Saving…"
      pending={pending}
      failure={failure}
      onSubmit={() => void submit({ id: apiKey.id, service })}
      onCancel={onCancel}
    >
      {service && <Scopes scopes={apiKey.scopes} />}
    </KeyForm>
  );
}
