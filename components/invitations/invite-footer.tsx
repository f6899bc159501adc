import { Loader2Icon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { DialogFooter } from '@/components/ui/dialog';

/** The buttons of a form that invites. */
export function InviteFooter({
  pending,
  disabled = false,
  onCancel,
  children,
}: {
  pending: boolean;
  disabled?: boolean;
  onCancel: () => void;
  children: ReactNode;
}) {
  return (
    <DialogFooter>
      <Button type="button" variant="outline" disabled={pending} onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" aria-disabled={pending || disabled} className="aria-disabled:opacity-50">
        {pending && <Loader2Icon aria-hidden="true" className="animate-spin" />}
        {pending ? 'Sending…' : children}
      </Button>
    </DialogFooter>
  );
}
