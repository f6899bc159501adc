import { CircleAlertIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Alert, AlertDescription } from '@/components/ui/alert';

/** What went wrong with a form as a whole, read out when it appears. */
export function FormError({ children }: { children: ReactNode }) {
  return (
    <Alert variant="destructive" className="py-2.5">
      <CircleAlertIcon aria-hidden="true" />
      <AlertDescription className="text-destructive">{children}</AlertDescription>
    </Alert>
  );
}
