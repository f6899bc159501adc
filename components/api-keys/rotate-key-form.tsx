'use client';

import { KeyForm } from '@/components/api-keys/key-form';
import { type FormProps, overlapWords } from '@/components/api-keys/key-state';
import { useKeyAction } from '@/components/api-keys/use-key-action';
import { LocalTime } from '@/components/data/local-time';
import { Choice, ChoiceGroup } from '@/components/forms/choice';
import { rotateApiKey } from '@/lib/api-keys/actions';
import type { CreatedApiKey, Overlap } from '@/lib/api-keys/schema';

const USUAL: Overlap = '24h';

/** Asks how long a key goes on working, and makes another in its place. */
export function RotateKeyForm({
  apiKey,
  pending,
  onPending,
  onCancel,
  onRotated,
}: Omit<FormProps, 'onDone'> & { onRotated: (created: CreatedApiKey, overlap: Overlap) => void }) {
  const { submit, failure } = useKeyAction(
    async (overlap: Overlap) => {
      const result = await rotateApiKey({ id: apiKey.id, overlap });
      return result.ok ? { ...result, data: { created: result.data, overlap } } : result;
    },
    { onPending, onDone: ({ created, overlap }) => onRotated(created, overlap) },
  );

  return (
    <KeyForm
      title={`Rotate “${apiKey.name}”`}
      description="A new key is made with the same name and scopes. Put it where the old one is used; until the old one ends, both work."
      verb="Rotate key"
      doing="Rotating…"
      pending={pending}
      failure={failure}
      onSubmit={(form) => void submit(String(new FormData(form).get('overlap')) as Overlap)}
      onCancel={onCancel}
    >
      <ChoiceGroup legend="The old key goes on working" columns>
        {(Object.keys(overlapWords) as Overlap[]).map((overlap) => (
          <Choice
            key={overlap}
            type="radio"
            name="overlap"
            value={overlap}
            defaultChecked={overlap === USUAL}
            title={overlapWords[overlap]}
          />
        ))}
      </ChoiceGroup>
      {apiKey.expiresAt && (
        <p className="num text-xs text-muted-foreground">
          The old key ends <LocalTime iso={apiKey.expiresAt} style="full" /> at the latest; the new one lives
          as long as the old one was made for.
        </p>
      )}
    </KeyForm>
  );
}
