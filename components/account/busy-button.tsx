import { Loader2Icon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';

/** A button that turns and says what it is doing; it keeps the focus, so its handler is what refuses a second press. */
export function BusyButton({
  pending,
  pendingLabel,
  children,
  className,
  ...props
}: ComponentProps<typeof Button> & { pending: boolean; pendingLabel: ReactNode }) {
  return (
    <Button {...props} aria-disabled={pending} className={cn('aria-disabled:opacity-50', className)}>
      {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
      {pending ? pendingLabel : children}
    </Button>
  );
}
