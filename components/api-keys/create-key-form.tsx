'use client';

import { useId, useState } from 'react';
import { KeyForm } from '@/components/api-keys/key-form';
import { useKeyAction } from '@/components/api-keys/use-key-action';
import { Choice, ChoiceGroup } from '@/components/forms/choice';
import { TextField } from '@/components/forms/text-field';
import { Label } from '@/components/ui/label';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import { createApiKey } from '@/lib/api-keys/actions';
import {
  type CreateApiKeyInput,
  type CreatedApiKey,
  createApiKeyInput,
  type secretScopes,
  usualScopes,
} from '@/lib/api-keys/schema';

/** The scopes that the person may give, with what each is. */
export type Offer = { scope: (typeof secretScopes)[number]; description: string }[];

const fields = ['name', 'scopes', 'expires', 'service'] as const;

const lifetimeWords = [
  ['never', 'Never'],
  ['30d', 'In 30 days'],
  ['90d', 'In 90 days'],
  ['365d', 'In a year'],
  ['date', 'At the end of a day …'],
] as const;

/** Asks what a new key is for and makes it. What the server finds wrong stands at the fields. */
export function CreateKeyForm({
  offer,
  mayMakeService,
  pending,
  onPending,
  onCancel,
  onCreated,
}: {
  offer: Offer;
  mayMakeService: boolean;
  pending: boolean;
  onPending: (pending: boolean) => void;
  onCancel: () => void;
  onCreated: (created: CreatedApiKey) => void;
}) {
  const [kind, setKind] = useState<'secret' | 'publish'>('secret');
  const { submit, errors, setErrors, failure } = useKeyAction(createApiKey, {
    fields,
    onPending,
    onDone: onCreated,
  });
  const forget = (field: (typeof fields)[number]) =>
    setErrors(({ [field]: _, ...others }: Record<string, string>) => others);

  async function send(form: HTMLFormElement) {
    const input = readForm(form, kind);
    const parsed = createApiKeyInput.safeParse(input);
    if (!parsed.success) {
      const found = parsed.error.issues.map(({ path, message }) => [String(path[0]), message] as const);
      setErrors(Object.fromEntries(found.reverse()));
      focusFirst(form, Object.keys(Object.fromEntries(found)));
      return;
    }
    focusFirst(form, await submit(input));
  }

  return (
    <KeyForm
      title="Create an API key"
      description="It works in this workspace only, and never does more than you may do yourself."
      verb="Create key"
      doing="Creating…"
      pending={pending}
      failure={failure}
      onSubmit={(form) => void send(form)}
      onCancel={onCancel}
    >
      <TextField
        label="Name"
        name="name"
        autoComplete="off"
        required
        hint="Which application will use it: “Support bot, production”."
        error={errors.name}
        onChange={() => forget('name')}
      />
      <ChoiceGroup legend="Kind" columns>
        <Choice
          type="radio"
          name="kind"
          value="secret"
          checked={kind === 'secret'}
          title="Secret key"
          description="For your servers. Nobody else may see it."
          onChange={() => setKind('secret')}
        />
        <Choice
          type="radio"
          name="kind"
          value="publish"
          checked={kind === 'publish'}
          title="Publish key"
          description="For web pages. It sends feedback, and can read nothing."
          onChange={() => setKind('publish')}
        />
      </ChoiceGroup>
      {kind === 'secret' && (
        <ChoiceGroup legend="What it may do" columns error={errors.scopes}>
          {offer.map(({ scope, description }) => (
            <Choice
              key={scope}
              type="checkbox"
              name="scopes"
              value={scope}
              defaultChecked={usualScopes.includes(scope)}
              title={<code className="font-mono text-[0.8125rem]">{scope}</code>}
              description={description}
              onChange={() => forget('scopes')}
            />
          ))}
        </ChoiceGroup>
      )}
      <ExpiryField error={errors.expires} onChange={() => forget('expires')} />
      {mayMakeService && (
        <ChoiceGroup legend="When you leave the workspace" error={errors.service}>
          <Choice
            type="checkbox"
            name="service"
            title="Service key"
            description="It goes on working when you leave or your role changes, with all that it may do now. Without this, it ends with your membership."
          />
        </ChoiceGroup>
      )}
    </KeyForm>
  );
}

function ExpiryField({ error, onChange }: { error: string | undefined; onChange: () => void }) {
  const id = useId();
  const [choice, setChoice] = useState('never');
  return (
    <div className="grid min-w-0 items-start gap-3 sm:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-2 [&>[data-slot=native-select-wrapper]]:w-full">
        <Label htmlFor={id}>Expires</Label>
        <NativeSelect
          id={id}
          name="lifetime"
          value={choice}
          onChange={(event) => {
            setChoice(event.target.value);
            onChange();
          }}
        >
          {lifetimeWords.map(([value, words]) => (
            <NativeSelectOption key={value} value={value}>
              {words}
            </NativeSelectOption>
          ))}
        </NativeSelect>
      </div>
      {choice === 'date' && (
        <TextField
          label="Last day"
          name="expires"
          type="date"
          required
          min={toDateInput(new Date())}
          hint="It works until midnight, in your time zone."
          error={error}
          onChange={onChange}
        />
      )}
    </div>
  );
}

function readForm(form: HTMLFormElement, kind: 'secret' | 'publish'): CreateApiKeyInput {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '');
  return {
    name: text('name'),
    kind,
    ...(kind === 'secret' && { scopes: data.getAll('scopes') as (typeof secretScopes)[number][] }),
    expires: text('lifetime') === 'date' ? endOfDay(text('expires')) : text('lifetime'),
    service: data.has('service'),
  };
}

/** The end of a day of the reader's calendar as ISO 8601 in UTC; an empty text, which is refused, for no day. */
function endOfDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return '';
  const end = new Date(year, month - 1, date + 1);
  return Number.isNaN(end.getTime()) ? '' : end.toISOString();
}

function toDateInput(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

function focusFirst(form: HTMLFormElement, wrong: readonly string[]) {
  const first = fields.find((field) => wrong.includes(field));
  if (first) form.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
}
