'use client';

import { type ComponentProps, useState } from 'react';
import { signOut } from '@/components/shell/sign-out';
import { Button } from '@/components/ui/button';

/**
 * Signs out and goes to /login, and from there on to `next`. Looks like any button; its text can be changed for "sign in as
 * someone else".
 */
export function SignOutButton({
  children = 'Sign out',
  variant = 'outline',
  next,
  ...props
}: Omit<ComponentProps<typeof Button>, 'onClick' | 'type' | 'asChild'> & { next?: string }) {
  const [pending, setPending] = useState(false);
  return (
    <Button
      {...props}
      type="button"
      variant={variant}
      disabled={pending}
      onClick={async () => {
        setPending(true);
        await signOut(next);
        setPending(false);
      }}
    >
      {children}
    </Button>
  );
}
