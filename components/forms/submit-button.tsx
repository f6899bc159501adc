import { Loader2Icon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';

/**
 * The one main button of a form. While pending it turns and says what it is doing; it keeps the focus, so the form's
 * own handler is what refuses a second submit.
 */
export function SubmitButton({
  pending,
  pendingLabel,
  children,
}: {
  pending: boolean;
  pendingLabel: string;
  children: ReactNode;
}) {
  return (
    <Button type="submit" className="w-full aria-disabled:opacity-50" aria-disabled={pending}>
      {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
      {pending ? pendingLabel : children}
    </Button>
  );
}
