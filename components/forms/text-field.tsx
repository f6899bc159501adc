'use client';

import { EyeIcon, EyeOffIcon } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import { Input } from '@/components/ui/input';
import { Label } from '@/components/ui/label';

type TextFieldProps = Omit<ComponentProps<typeof Input>, 'id'> & {
  label: string;
  error?: string | undefined;
  hint?: ReactNode;
  /** Stands inside the input's right edge. */
  action?: ReactNode;
};

/** A labelled input with its hint and its error; the error replaces the hint and is tied to the input. */
export function TextField({
  label,
  error,
  hint,
  action,
  className,
  'aria-describedby': describedBy,
  ...input
}: TextFieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Label htmlFor={id}>{label}</Label>
      <div className="relative">
        <Input
          {...input}
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={[note && `${id}-note`, describedBy].filter(Boolean).join(' ') || undefined}
          className={cn('bg-background', action && 'pr-10', className)}
        />
        {action && <div className="absolute inset-y-0 right-1 flex items-center">{action}</div>}
      </div>
      {note && (
        <div
          id={`${id}-note`}
          className={cn('text-xs leading-snug', error ? 'text-destructive' : 'text-muted-foreground')}
        >
          {note}
        </div>
      )}
    </div>
  );
}

/** A password with a button that shows what was typed. */
export function PasswordField(props: Omit<TextFieldProps, 'type' | 'action'>) {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOffIcon : EyeIcon;
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      autoCapitalize="none"
      spellCheck={false}
      action={
        <Button
          type="button"
          variant="ghost"
          size="icon-xs"
          className="size-7 text-muted-foreground"
          aria-label="Show password"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          <Icon aria-hidden="true" className="size-4" />
        </Button>
      }
    />
  );
}
