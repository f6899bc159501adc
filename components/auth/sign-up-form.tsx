'use client';

import { Loader2Icon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { CardHeading } from '@/components/auth/card-heading';
import { Or, ProviderButtons } from '@/components/auth/provider-buttons';
import { SlugField } from '@/components/auth/slug-field';
import { useReloadOnReturn } from '@/components/auth/use-reload-on-return';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { FormError } from '@/components/forms/form-error';
import { SubmitButton } from '@/components/forms/submit-button';
import { PasswordField, TextField } from '@/components/forms/text-field';
import type { ProviderLink, Viewer } from '@/lib/auth/schema';
import { proposeSlug } from '@/lib/tenants/rules';
import { createWorkspace } from '@/lib/workflows/new-workspace/actions';
import { newWorkspaceInput } from '@/lib/workflows/new-workspace/schema';
import { signUp } from '@/lib/workflows/sign-up/actions';
import { signUpInput } from '@/lib/workflows/sign-up/schema';

const fields = ['name', 'email', 'password', 'tenantName', 'slug'] as const;
type Field = (typeof fields)[number];
type FieldErrors = Partial<Record<Field, string>>;

function isField(path: string): path is Field {
  return fields.some((field) => field === path);
}

/**
 * Creating an account and its first workspace; for who is signed in, a further workspace and nothing else. The subdomain follows the workspace's name until it is edited by hand.
 * Nothing that was typed is ever lost: the inputs keep their own values, and errors only add sentences beside them.
 */
export function SignUpForm({
  viewer,
  providers,
  rootDomain,
  signInUrl,
  workspacesUrl,
}: {
  /** Who is signed in already. */
  viewer: Viewer | null;
  providers: readonly ProviderLink[];
  rootDomain: string;
  signInUrl: string;
  workspacesUrl: string;
}) {
  useReloadOnReturn();
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const slugEdited = useRef(false);
  const [slug, setSlug] = useState('');
  const [pending, setPending] = useState(false);
  const [errors, setErrors] = useState<FieldErrors>({});
  const [failure, setFailure] = useState<{ message: string; requestId?: string } | null>(null);
  const [created, setCreated] = useState(false);

  function input(name: Field): HTMLInputElement | null {
    return form.current?.querySelector<HTMLInputElement>(`[name="${name}"]`) ?? null;
  }

  // A name typed, or filled in by the browser, before the page came alive.
  useEffect(() => {
    const typed = form.current?.querySelector<HTMLInputElement>('[name="tenantName"]')?.value;
    if (typed && !slugEdited.current) setSlug(proposeSlug(typed));
  }, []);

  function clearError(name: Field) {
    setErrors(({ [name]: _, ...rest }) => rest);
  }

  function showErrors(found: FieldErrors) {
    setErrors(found);
    const first = fields.find((name) => found[name]);
    if (first) input(first)?.focus();
  }

  async function submit() {
    if (busy.current) return;
    setFailure(null);
    const values = {
      name: input('name')?.value ?? '',
      email: input('email')?.value ?? '',
      password: input('password')?.value ?? '',
      tenantName: input('tenantName')?.value ?? '',
      slug,
    };
    const parsed = (viewer ? newWorkspaceInput : signUpInput).safeParse(values);
    if (!parsed.success) {
      showErrors(
        firstPerField(parsed.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message }))),
      );
      return;
    }

    busy.current = true;
    setPending(true);
    setErrors({});
    try {
      const result = await (viewer ? createWorkspace(values) : signUp(values));
      if (result.ok) {
        setCreated(true);
        window.location.assign(result.data.consoleUrl);
        return; // stays busy: the browser is leaving
      }
      const { message, requestId, issues, code } = result.error;
      const known = firstPerField(issues);
      if (Object.keys(known).length > 0) showErrors(known);
      else setFailure({ message, ...(code === 'internal' && { requestId }) });
    } catch (error) {
      setFailure({ message: describeUnreached(error) });
    }
    busy.current = false;
    setPending(false);
  }

  if (created) {
    return (
      <div role="status" className="flex items-center justify-center gap-3 py-14 text-sm">
        <Loader2Icon aria-hidden="true" className="size-5 animate-spin text-primary" />
        <span className="wrap-anywhere">
          Taking you to <strong className="font-semibold">{slug}</strong>…
        </span>
      </div>
    );
  }

  return (
    <>
      <CardHeading title={viewer ? 'Create a workspace' : 'Create your workspace'}>
        It gets an address of its own and a first API key{viewer ? ', and you are its admin' : ''}.
      </CardHeading>
      {providers.length > 0 && (
        <>
          <div className="flex flex-col gap-3">
            <ProviderButtons providers={providers} />
          </div>
          <Or />
        </>
      )}
      <form
        ref={form}
        method="post"
        noValidate
        className="flex flex-col gap-4.5"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
        onChange={(event) => {
          const name = event.target instanceof HTMLInputElement ? event.target.name : '';
          if (isField(name)) clearError(name);
        }}
      >
        {!viewer && (
          <>
            <TextField label="Your name" name="name" autoComplete="name" required error={errors.name} />
            <TextField
              label="E-mail"
              name="email"
              type="email"
              autoComplete="email"
              autoCapitalize="none"
              spellCheck={false}
              required
              error={errors.email}
            />
            <PasswordField
              label="Password"
              name="password"
              autoComplete="new-password"
              required
              hint="At least 10 characters. A few words work well."
              error={errors.password}
            />
          </>
        )}
        <TextField
          label="Workspace name"
          name="tenantName"
          autoComplete="organization"
          required
          error={errors.tenantName}
          onChange={(event) => {
            if (slugEdited.current) return;
            setSlug(proposeSlug(event.target.value));
            clearError('slug');
          }}
        />
        <SlugField
          value={slug}
          rootDomain={rootDomain}
          error={errors.slug}
          onChange={(typed) => {
            slugEdited.current = typed !== ''; // an emptied field follows the name again
            setSlug(typed);
          }}
        />
        {failure && (
          <FormError>
            {failure.message}
            {failure.requestId && (
              <span className="text-xs">
                Request id: <code className="font-mono wrap-anywhere select-all">{failure.requestId}</code>
              </span>
            )}
          </FormError>
        )}
        <SubmitButton pending={pending} pendingLabel="Creating your workspace…">
          Create workspace
        </SubmitButton>
      </form>
      <p className="mt-6 text-center text-sm wrap-anywhere text-muted-foreground">
        {viewer ? <span className="block">Signed in as {viewer.email}</span> : 'Have an account? '}
        <a
          href={viewer ? workspacesUrl : signInUrl}
          className="font-medium text-primary underline-offset-4 hover:underline"
        >
          {viewer ? 'Back to my workspaces' : 'Sign in'}
        </a>
      </p>
    </>
  );
}

/** The first message for each field of the form; what belongs to no field is left out. */
function firstPerField(issues: readonly { path: string; message: string }[]): FieldErrors {
  const found: FieldErrors = {};
  for (const { path, message } of issues) if (isField(path)) found[path] ??= message;
  return found;
}
