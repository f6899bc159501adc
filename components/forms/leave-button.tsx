'use client';

import { Loader2Icon } from 'lucide-react';
import type { ReactNode } from 'react';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import type { ActionResult } from '@/lib/http/action-result';

/** A button that does something, once, and goes where the answer leads. What went wrong stands above it. */
export function LeaveButton({
  act,
  doing,
  className,
  children,
}: {
  act: () => Promise<ActionResult<{ url: string }>>;
  /** What stands on the button while it is done. */
  doing: string;
  className?: string;
  children: ReactNode;
}) {
  const { pending, failure, run } = useSubmit();

  async function submit() {
    const done = await run(act, { leaving: true });
    if (done) window.location.assign(done.url);
  }

  return (
    <>
      {failure && <FormError>{failure}</FormError>}
      <Button
        type="button"
        className={cn('aria-disabled:opacity-50', className)}
        aria-disabled={pending}
        onClick={() => void submit()}
      >
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? doing : children}
      </Button>
    </>
  );
}
