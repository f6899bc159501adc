'use client';

import { CircleCheckIcon, CircleXIcon, Loader2Icon } from 'lucide-react';
import { useId } from 'react';
import { useSlugCheck } from '@/components/auth/use-slug-check';
import { TextField } from '@/components/forms/text-field';
import { cn } from '@/components/ui/cn';

/** The workspace's subdomain, with the address it makes and, as one types, whether it is free. */
export function SlugField({
  value,
  onChange,
  rootDomain,
  error,
  own,
  ask,
}: {
  value: string;
  onChange: (slug: string) => void;
  rootDomain: string;
  error?: string | undefined;
  /** The subdomain that the workspace has already: nothing is said of it. */
  own?: string;
  /** The action that says whether it is free; that of the sign-up unless told. */
  ask?: Parameters<typeof useSlugCheck>[1];
}) {
  const id = useId();
  const check = useSlugCheck(value === own ? '' : value, ask);
  const scheme = /(^|\.)localhost(:\d+)?$/.test(rootDomain) ? 'http' : 'https';

  return (
    <div className="flex min-w-0 flex-col gap-2">
      <TextField
        label="Subdomain"
        name="slug"
        value={value}
        onChange={(event) => onChange(event.target.value.trim().toLowerCase())}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        maxLength={100}
        required
        error={error}
        aria-describedby={id}
        className="font-mono"
      />
      <div id={id} className="flex min-h-8 flex-col gap-0.5 text-xs leading-snug">
        <span className="wrap-anywhere text-muted-foreground">
          {scheme}://
          <span className={cn(value && 'font-medium text-foreground')}>{value || 'your-team'}</span>.
          {rootDomain}
        </span>
        <span aria-live="polite" className="flex items-center gap-1.5">
          {check.kind === 'checking' && (
            <>
              <Loader2Icon aria-hidden="true" className="size-3.5 animate-spin text-muted-foreground" />
              <span className="text-muted-foreground">Checking…</span>
            </>
          )}
          {check.kind === 'available' && !error && (
            <>
              <CircleCheckIcon aria-hidden="true" className="size-3.5 shrink-0 text-traffic-green" />
              <span className="text-traffic-green">Available</span>
            </>
          )}
          {check.kind === 'refused' && !error && (
            <>
              <CircleXIcon aria-hidden="true" className="size-3.5 shrink-0 text-destructive" />
              <span className="text-destructive">{check.reason}</span>
            </>
          )}
          {check.kind === 'unknown' && (
            <span className="text-muted-foreground">Could not check now; it is checked when you submit.</span>
          )}
        </span>
      </div>
    </div>
  );
}
