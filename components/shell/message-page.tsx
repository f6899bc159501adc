import type { ComponentProps } from 'react';
import { Logo } from '@/components/shell/logo';
import { Message } from '@/components/shell/message';

/** A whole page that says one thing: no such workspace, not a member, suspended, not found, something went wrong. */
export function MessagePage(message: ComponentProps<typeof Message>) {
  return (
    <main id="main" className="flex min-h-dvh flex-col items-center justify-center bg-sidebar px-4 py-16">
      <div className="w-full max-w-md">
        <Logo className="mb-8" />
        <Message {...message} />
      </div>
    </main>
  );
}
